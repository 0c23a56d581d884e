"""GetBucketLocation: empty for us-east-1."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket


@operation("s3", "GetBucketLocation", access="read", permissions=on_bucket("s3:GetBucketLocation"))
async def get_bucket_location(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req, signed_for_any_region=True)
    # The text of the document's one element, which the model does not show.
    return {"_Text": "" if bucket.region == "us-east-1" else bucket.region}
