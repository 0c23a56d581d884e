"""StartQueryExecution: takes a statement in; `running.py` runs it."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import errors
from jedlik.services.athena.limits import ACTIVE_MAX, QUERY_BYTES_MAX
from jedlik.services.athena.reading import Reading
from jedlik.services.athena.records import PRIMARY, Execution, WorkGroup
from jedlik.services.athena.requests import (
    DATA_CATALOG,
    catalog_of,
    split_location,
    store_of,
    work_group_arns,
)
from jedlik.services.athena.running import Job, Runner
from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.faults import Failed, Malformed
from jedlik.services.athena.sql.parse import parse
from jedlik.services.athena.sql.statements import Statement
from jedlik.services.s3 import Objects
from jedlik.tables.errors import Contended

EXTRA = ("duckdb", "sqlglot")
"""What the extra "athena" brings."""


@operation("athena", "StartQueryExecution", access="write", resource=work_group_arns)
async def start_query_execution(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    token = req.get("ClientRequestToken")
    before = await store.used(token, req)
    if before is not None:
        return {"QueryExecutionId": before}
    for module in EXTRA:
        if importlib.util.find_spec(module) is None:
            raise errors.extra_missing(module)
    group = await store.work_group(req.get("WorkGroup", PRIMARY))
    if group.state != "ENABLED":
        raise errors.work_group_disabled(group.name)
    context = dict(req.get("QueryExecutionContext") or {})
    catalog_of(ctx, {"CatalogName": context.get("Catalog", DATA_CATALOG)})
    statement = await _read(ctx, req["QueryString"])
    configuration = await _configuration(ctx, req, group)
    if await store.active_count() >= ACTIVE_MAX:
        raise errors.too_many_queries()
    runner = Runner.of(ctx.db)
    output = _folder(configuration.pop("OutputLocation"))
    new_id = store.new_id()
    ending = _ending(statement)
    new = Execution(
        id=new_id,
        account=ctx.account,
        region=ctx.region,
        query=req["QueryString"],
        type=statement.type,
        sub=statement.sub,
        work_group=group.name,
        output=output,
        location=f"{output}{new_id}{ending}",
        submitted_ms=store.now_ms,
        runner=runner.id,
        database=str(context.get("Database", "default")).lower(),
        context={name: value.lower() for name, value in context.items()},
        parameters=req.get("ExecutionParameters") or [],
        configuration=configuration,
        reuse=req.get("ResultReuseConfiguration"),
        scan_max=group.configuration.get("BytesScannedCutoffPerQuery"),
    )
    try:
        await store.add_execution(new, token, req)
    except Contended:
        before = await store.used(token, req)
        if before is None:
            raise
        return {"QueryExecutionId": before}
    runner.submit(Job(new, ctx))
    return {"QueryExecutionId": new_id}


async def _read(ctx: Context, text: str) -> Statement:
    """The statement, if it can be read. Raises InvalidRequestException."""
    if len(text.encode()) > QUERY_BYTES_MAX:
        raise errors.invalid(
            f"Query string length exceeds the limit of {QUERY_BYTES_MAX} bytes"  # unverified
        )
    try:
        # In a thread: a long one takes a moment.
        statement = await asyncio.to_thread(parse, text)
        sql = getattr(statement, "sql", None)
        if sql is not None and not isinstance(statement, said.Prepare):
            await Reading.of(ctx.db).check(sql)
        return statement
    except Malformed as fault:
        raise errors.malformed(str(fault)) from None
    except Failed as fault:
        raise errors.malformed(fault.reason) from None


async def _configuration(ctx: Context, req: dict[str, Any], group: WorkGroup) -> dict[str, Any]:
    """Where the results go, and how: the work group's word where it is enforced, or where the
    request has none. Raises InvalidRequestException."""
    given = dict(req.get("ResultConfiguration") or {})
    if group.enforced and group.result:
        chosen = dict(group.result)
    else:
        chosen = {**group.result, **given}
    location = chosen.get("OutputLocation") or given.get("OutputLocation")
    if not location:
        raise errors.no_location()
    bucket, _ = split_location(location)
    objects = Objects(ctx.db, account=ctx.account, region=ctx.region)
    if await objects.bucket_region(bucket) is None:
        raise errors.no_bucket(bucket)
    return {**chosen, "OutputLocation": location}


def _folder(location: str) -> str:
    bucket, prefix = split_location(location)
    return f"s3://{bucket}/{prefix}"


def _ending(statement: Statement) -> str:
    if isinstance(statement, (said.Query, said.Execute)):
        return ".csv"
    if isinstance(statement, (said.Insert, said.Unload, said.CreateTableAs)):
        return ""
    return ".txt"
