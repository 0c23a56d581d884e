"""ListBucketIntelligentTieringConfigurations."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import numbered
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "ListBucketIntelligentTieringConfigurations",
    access="list",
    permissions=on_bucket("s3:GetIntelligentTieringConfiguration"),
)
async def list_bucket_intelligent_tiering_configurations(
    ctx: RestContext, req: dict[str, Any]
) -> dict[str, Any]:
    return await numbered.listed(ctx, req, "IntelligentTieringConfiguration")
