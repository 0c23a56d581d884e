"""PutBucketCors: what browsers on other sites may do; heeded by `edge.py`."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.errors import invalid_request, malformed_xml
from jedlik.services.s3.limits import CORS_RULES_MAX

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


@operation("s3", "PutBucketCors", access="write", permissions=on_bucket("s3:PutBucketCORS"))
async def put_bucket_cors(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    rules = req["CORSConfiguration"]["CORSRules"]
    if not 1 <= len(rules) <= CORS_RULES_MAX:
        raise malformed_xml()
    for rule in rules:
        for method in rule["AllowedMethods"]:
            if method not in METHODS:
                raise invalid_request(
                    f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                )
        for origin in rule["AllowedOrigins"]:
            if origin.count("*") > 1:
                raise invalid_request(
                    f'AllowedOrigin "{origin}" can not have more than one wildcard.'
                )
    await configurations.put(ctx, req, configurations.CORS, {"CORSRules": rules})
    return {}
