"""PutBucketWebsite: checked and kept; `wire/s3_website.py` serves it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.errors import S3Error, invalid_argument, invalid_request

REDIRECTS = frozenset(("301", "302", "303", "304", "305", "307", "308"))


@operation("s3", "PutBucketWebsite", access="write", permissions=on_bucket("s3:PutBucketWebsite"))
async def put_bucket_website(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["WebsiteConfiguration"]
    suffix = (wanted.get("IndexDocument") or {}).get("Suffix")
    if wanted.get("RedirectAllRequestsTo") is not None:
        if any(wanted.get(each) for each in ("IndexDocument", "ErrorDocument", "RoutingRules")):
            raise S3Error(
                "InvalidArgument",
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
            )
    elif not suffix:
        raise invalid_argument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            "IndexDocument",
            "null",
        )
    elif "/" in suffix:
        raise invalid_argument(
            "The IndexDocument Suffix is not well formed", "IndexDocument", suffix
        )
    for rule in wanted.get("RoutingRules") or ():
        _check_codes(rule)
    await configurations.put(ctx, req, configurations.WEBSITE, wanted)
    return {}


def _check_codes(rule: Mapping[str, Any]) -> None:
    """Raises S3Error. The texts are seen at AWS by ceph's tests, of codes that are numbers."""
    redirects = rule["Redirect"].get("HttpRedirectCode")
    if redirects is not None and redirects not in REDIRECTS:
        raise invalid_request(
            f"The provided HTTP redirect code ({redirects}) is not valid. "
            "Valid codes are 3XX except 300."
        )
    error = (rule.get("Condition") or {}).get("HttpErrorCodeReturnedEquals")
    if error is not None and re.fullmatch("[45][0-9][0-9]", error) is None:
        raise invalid_request(
            f"The provided HTTP error code ({error}) is not valid. Valid codes are 4XX or 5XX."
        )
