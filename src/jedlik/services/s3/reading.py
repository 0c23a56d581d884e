"""What GetObject and HeadObject share: the version, conditions, the stretch that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, NamedTuple

from jedlik.api.rest import RestContext
from jedlik.services.s3.access import check_key
from jedlik.services.s3.archived import check_readable
from jedlik.services.s3.conditions import check_read, range_counts
from jedlik.services.s3.customer_keys import CustomerKey, key_of_object
from jedlik.services.s3.described import checksum_members, object_members, quoted
from jedlik.services.s3.errors import invalid_part_number, invalid_request, part_number_out_of_range
from jedlik.services.s3.lifecycle import expiration_member
from jedlik.services.s3.limits import PARTS_MAX
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.ranges import Range, part_range, read_range, stretches_in, stretches_of
from jedlik.services.s3.records import Bucket, Part, Version
from jedlik.services.s3.sealing import Stretch
from jedlik.services.s3.store import Store

_OVERRIDES = {
    "ResponseContentType": "content-type",
    "ResponseCacheControl": "cache-control",
    "ResponseContentDisposition": "content-disposition",
    "ResponseContentEncoding": "content-encoding",
    "ResponseContentLanguage": "content-language",
    "ResponseExpires": "expires",
}


def _checksum_of_part(version: Version, part: Part, key: CustomerKey | None) -> dict[str, Any]:
    """A part's own, where the object's is made of those of its parts."""
    if version.checksum is None or version.checksum[2] != "COMPOSITE" or part.checksum is None:
        return {}
    return checksum_members((*part.checksum, "COMPOSITE"), key)


class Opened(NamedTuple):
    """members: of the answer. stretches: where the bytes are; length: how many. key: with which a
    customer had them sealed."""

    members: dict[str, Any]
    stretches: list[Stretch]
    length: int
    key: CustomerKey | None


async def opened(ctx: RestContext, req: Mapping[str, Any], bucket: Bucket) -> Opened:
    """Raises S3Error."""
    store = Store.of(ctx)
    version = await found_version(ctx, bucket, check_key(req["Key"]), req.get("VersionId"))
    known = {
        "ETag": quoted(version.etag),
        "Last-Modified": formatdate(version.modified_ms // 1000, usegmt=True),
    }
    if bucket.versioning:
        known["x-amz-version-id"] = version.version
    key = key_of_object(req, version)
    check_read(req, version, known)
    overrides = {m: h for m, h in _OVERRIDES.items() if req.get(m) is not None}
    if overrides and not ctx.identified:
        raise invalid_request(
            "Request specific response headers cannot be used for anonymous GET requests."
        )
    if ctx.method == "GET":
        check_readable(version, int(ctx.now * 1000))
    members = object_members(ctx, bucket, version, key)
    if req.get("VersionId") is None:
        members.update(await expiration_member(store, bucket, version))
    for member, header in overrides.items():
        value = req[member]
        is_date = isinstance(value, (int, float))
        ctx.more[header] = formatdate(value, usegmt=True) if is_date else str(value)
    number, text = req.get("PartNumber"), req.get("Range")
    if number is not None and text is not None:
        raise invalid_request("Cannot specify both Range header and partNumber query parameter")
    wanted = Range(0, version.size)
    if number is not None:
        if not 1 <= number <= PARTS_MAX:
            raise part_number_out_of_range(number, PARTS_MAX)
        parts = await store.layout(version) if version.layout else []
        found = part_range(parts, number) if parts else wanted if number == 1 else None
        if found is None:
            raise invalid_part_number(number, len(parts) or 1)
        wanted, stretches = found, stretches_in(parts, found) if parts else []
        if not parts:
            stretches = await stretches_of(store, version, wanted)
        else:
            members["PartsCount"] = len(parts)
            if req.get("ChecksumMode") == "ENABLED":
                members.update(_checksum_of_part(version, parts[number - 1], key))
        asked = True
    else:
        if not range_counts(ctx.headers.get("if-range"), version):
            text = None
        ranged = read_range(text, version.size)
        asked = ranged is not None
        wanted = ranged or wanted
        stretches = await stretches_of(store, version, wanted)
    if asked and version.size:
        ctx.status = 206
        members["ContentRange"] = f"bytes {wanted.start}-{wanted.end - 1}/{version.size}"
    whole = wanted.length == version.size and not (number is not None and version.layout)
    if req.get("ChecksumMode") == "ENABLED" and whole:
        members.update(checksum_members(version.checksum, key))
    members["ContentLength"] = wanted.length
    return Opened(members, stretches, wanted.length, key)
