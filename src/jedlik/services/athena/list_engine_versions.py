"""ListEngineVersions."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.records import ENGINE
from jedlik.services.athena.requests import page


@operation("athena", "ListEngineVersions", access="list", resource=None)
async def list_engine_versions(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    versions = [ENGINE, {**ENGINE, "SelectedEngineVersion": ENGINE["EffectiveEngineVersion"]}]
    part, token = page(versions, req, 10)
    return {"EngineVersions": list(part), **token}
