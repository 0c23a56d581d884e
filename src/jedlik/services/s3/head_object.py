"""HeadObject: what GetObject tells, without the object."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_object
from jedlik.services.s3.reading import opened


@operation(
    "s3",
    "HeadObject",
    access="read",
    permissions=on_object("s3:GetObject", "s3:GetObjectVersion"),
)
async def head_object(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    return (await opened(ctx, req, bucket)).members
