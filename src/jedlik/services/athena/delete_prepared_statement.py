"""DeletePreparedStatement."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import errors
from jedlik.services.athena.requests import store_of, work_group_arns


@operation("athena", "DeletePreparedStatement", access="write", resource=work_group_arns)
async def delete_prepared_statement(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name, group = req["StatementName"], req["WorkGroup"]
    if not await store_of(ctx).delete(f"prepared|{group}", name):
        raise errors.no_prepared_statement(name, group)
    return {}
