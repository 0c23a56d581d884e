"""UpdateTable: what is given replaces what was there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.errors import invalid
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import Document


@operation("glue", "UpdateTable", access="write", resource=table_arns)
async def update_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    given = req.get("TableInput")
    if given is None:
        raise invalid("TableInput is required")  # unverified
    name = given["Name"].lower()

    def next_of(old: Document) -> Document:
        kept = ("DatabaseName", "CreateTime", "CreatedBy", "CatalogId", "VersionId", "_id")
        own = {member: old[member] for member in kept}
        return {**given, "IsRegisteredWithLakeFormation": False, **own}

    await catalog_of(ctx, req).change_table(
        req["DatabaseName"],
        name,
        next_of,
        archive=not req.get("SkipArchive", False),
        seen=req.get("VersionId"),
    )
    return {}
