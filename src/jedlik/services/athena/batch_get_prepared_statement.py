"""BatchGetPreparedStatement: the answer tells which were not there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import store_of, work_group_arns


@operation("athena", "BatchGetPreparedStatement", access="read", resource=work_group_arns)
async def batch_get_prepared_statement(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    found, missing = [], []
    for each in req["PreparedStatementNames"]:
        try:
            found.append(descriptions.prepared(await store.prepared(req["WorkGroup"], each)))
        except ApiError as refusal:
            missing.append(
                {"StatementName": each, "ErrorCode": refusal.code, "ErrorMessage": refusal.message}
            )
    return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}
