"""CreateTable."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.concurrency import check_table_operations
from jedlik.services.dynamodb.describe import described
from jedlik.services.dynamodb.errors import ResourceInUse
from jedlik.services.dynamodb.permissions import ON_CREATE
from jedlik.services.dynamodb.quotas import check_quotas
from jedlik.services.dynamodb.resource_policies import stored_policy
from jedlik.services.dynamodb.table_changes import in_transition, now_ms
from jedlik.services.dynamodb.table_definitions import table_definition
from jedlik.services.dynamodb.table_names import table_name
from jedlik.services.dynamodb.table_rules import new_table_name, table_name_given, tags_given
from jedlik.services.dynamodb.table_settings import new_stream, refuse_unsupported, sse_description
from jedlik.services.dynamodb.throughputs import (
    least_warm,
    on_demand_limits,
    out_of_bounds,
    provisioned,
    warm_throughput,
)
from jedlik.tables.errors import TableExists, TableNotFound
from jedlik.tables.model import Table

UNSUPPORTED = ("VectorIndexes", "GlobalTableSourceArn", "GlobalTableSettingsReplicationMode")


def keys_given(req: dict[str, Any]) -> str | None:
    """The model no longer requires these (a replica brings its own); a plain table needs them."""
    missing = [
        f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        for member, path in (
            ("AttributeDefinitions", "attributeDefinitions"),
            ("KeySchema", "keySchema"),
        )
        if member not in req and "GlobalTableSourceArn" not in req
    ]
    if not missing:
        return None
    plural = "s" if len(missing) > 1 else ""
    return f"{len(missing)} validation error{plural} detected: " + "; ".join(missing)


def throughput_fits_billing(req: dict[str, Any]) -> str | None:
    """Provisioned tables need units, on-demand tables must not have them."""
    given = "ProvisionedThroughput" in req
    if billing_of(req) == "PAY_PER_REQUEST":
        if given:
            return (
                "One or more parameter values were invalid: Neither ReadCapacityUnits nor "
                "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
    elif not given:
        return (
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits "
            "must both be specified when BillingMode is PROVISIONED"
        )
    return None


def units_in_bounds(req: dict[str, Any]) -> str | None:
    text = out_of_bounds(req.get("ProvisionedThroughput"))
    for index in req.get("GlobalSecondaryIndexes") or ():
        text = text or out_of_bounds(index.get("ProvisionedThroughput"), index["IndexName"])
    return text


def billing_of(req: dict[str, Any]) -> Any:
    return req.get("BillingMode", "PROVISIONED")


@operation(
    "dynamodb",
    "CreateTable",
    access="write",
    permissions=ON_CREATE,
    first=[table_name_given],
    rules=[
        new_table_name,
        keys_given,
        throughput_fits_billing,
        units_in_bounds,
        tags_given,
    ],
)
async def create_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    refuse_unsupported(req, UNSUPPORTED)
    table = new_table(ctx, req)
    # Checked before spaces are reserved: asking for a table that is there is common.
    await refuse_existing(ctx, table.name)
    await check_table_operations(ctx, created=table)
    await check_quotas(ctx, table, new=True)
    try:
        table = await ctx.db.create_table(in_transition(ctx, table, "CREATING"))
    except TableExists:
        raise ResourceInUse.exists(table.name) from None
    if table.status != "ACTIVE":
        ctx.db.table_unsettled.set()
    return {
        "TableDescription": await described(ctx.db, table, now_ms(ctx), status="CREATING"),
    }


async def refuse_existing(ctx: Context, name: str) -> None:
    """Raises ResourceInUse where there is such a table."""
    try:
        await ctx.db.catalog.get(ctx.account, ctx.region, name)
    except TableNotFound:
        return
    raise ResourceInUse.exists(name)


def new_table(ctx: Context, req: dict[str, Any]) -> Table:
    """The table that a request asks for, checked. Raises ApiError."""
    billing = billing_of(req)
    made = table_definition(req, billing=billing)
    now = now_ms(ctx)
    throughput = provisioned(req.get("ProvisionedThroughput"))
    table = Table(
        account=ctx.account,
        region=ctx.region,
        name=table_name(ctx, req["TableName"]),
        keys=made.keys,
        attribute_types=made.types,
        indexes=made.indexes,
        created_at_ms=now,
        billing=billing,
        billing_changed_ms=now if billing == "PAY_PER_REQUEST" else None,
        throughput=throughput,
        on_demand=on_demand_limits(req.get("OnDemandThroughput"), None, billing=billing),
        warm=warm_throughput(
            req.get("WarmThroughput"), least_warm(billing, throughput), subject="table"
        ),
        table_class=req.get("TableClass", "STANDARD"),
        table_class_changed_ms=None,
        deletion_protection=req.get("DeletionProtectionEnabled", False),
        sse=sse_description(ctx, req.get("SSESpecification"), None),
        tags={tag["Key"]: tag["Value"] for tag in req.get("Tags") or ()},
    )
    if "ResourcePolicy" in req:
        table.policies[table.arn] = stored_policy(req["ResourcePolicy"], now)
    return new_stream(table, req.get("StreamSpecification"), now)
