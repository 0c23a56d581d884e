"""The source of a copy: x-amz-copy-source read and looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from jedlik.api.context import Context
from jedlik.services.s3.access import usable_bucket
from jedlik.services.s3.archived import check_copyable
from jedlik.services.s3.conditions import check_copy
from jedlik.services.s3.errors import S3Error, invalid_argument, invalid_request
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.records import Bucket, Version

_ARN = "arn:aws:s3:::"


class Source(NamedTuple):
    bucket: str
    key: str
    version: str | None


def parse_source(text: str) -> Source:
    """ "/bucket/key?versionId=…", escaped as forms are: a plus is a space. Raises S3Error."""
    path, mark, version = text.partition("?versionId=")
    path = unquote_plus(path).removeprefix("/").removeprefix(_ARN)
    bucket, _, key = path.partition("/")
    if not bucket or not key:
        raise invalid_argument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            "x-amz-copy-source",
            text,
        )
    return Source(bucket, key, version if mark else None)


async def copy_source(ctx: Context, req: Mapping[str, Any]) -> tuple[Bucket, Version, str | None]:
    """The source's bucket, the version to copy, and its id if one was named."""
    source = parse_source(req["CopySource"])
    bucket = await usable_bucket(ctx, source.bucket, req.get("ExpectedSourceBucketOwner"))
    try:
        version = await found_version(ctx, bucket, source.key, source.version)
    except S3Error as refusal:
        if refusal.code != "MethodNotAllowed":
            raise
        raise invalid_request(
            "The source of a copy request may not specifically refer to a delete marker by "
            "version id."
        ) from refusal
    check_copy(req, version)
    check_copyable(version, int(ctx.now * 1000))
    return bucket, version, source.version
