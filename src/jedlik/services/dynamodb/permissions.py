"""What DynamoDB's operations ask permission for.

    ON_TABLE          their own action on the table, index or stream that they name
    ON_ITEM …         the same, with the rows and attributes they are about
    ON_BATCH_…        one for each table
    ON_TRANSACT_…     one for each item, by the action it amounts to (PutItem, ConditionCheckItem)

A table's resource policy holds for its indexes; a stream has its own. PartiQL's are in
`partiql_permissions.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jedlik.api.access import Ask, ConditionKeys
from jedlik.api.context import Context
from jedlik.services.dynamodb.row_keys import (
    BatchGetKeys,
    BatchWriteKeys,
    GetKeys,
    RangeKeys,
    RowKeys,
    UpdateKeys,
    WhenRefused,
    WriteKeys,
)
from jedlik.services.dynamodb.row_shapes import (
    LEADING_KEYS,
    FindPlace,
    LeadingValue,
    Shape,
    get_shape,
    key_shape,
    no_place,
    no_shape,
    place_in_condition,
    place_in_item,
    place_in_key,
    put_shape,
    query_shape,
)
from jedlik.services.dynamodb.table_names import ARN, NAME, table_arn
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import KeySchema, Table

Request = dict[str, Any]
Find = Callable[[str], Table | None]
NO_POLICIES: Mapping[str, str] = {}


class Unknown(Exception):
    """A table that is not at hand; it has to be read first, if there is one."""


def place_of(ctx: Context, name_or_arn: str) -> tuple[str, str, str]:
    """Account, region and name of the table meant; what is neither is looked for in vain."""
    if name_or_arn.startswith("arn:"):
        parts = ARN.fullmatch(name_or_arn)
        if parts is None:
            return "", "", ""
        return parts[4], parts[3], parts[5].split("/")[1] if "/" in parts[5] else ""
    return ctx.account, ctx.region, name_or_arn


class TablePermissions:
    """build: from a request and a way to find tables to its Asks; raises Unknown through it.
    names: the tables that may have to be read."""

    __slots__ = ("_build", "_names")

    def __init__(
        self,
        build: Callable[[Context, Request, Find], Sequence[Ask]],
        names: Callable[[Request], Iterable[str]],
    ) -> None:
        self._build = build
        self._names = names

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask] | None:
        cached = ctx.db.catalog.cached
        account, region = ctx.account, ctx.region

        def find(name: str) -> Table | None:
            found: Table | None = cached(account, region, name)
            if found is None:
                found = cached(*place_of(ctx, name)) if name.startswith("arn:") else None
            if found is None:
                raise Unknown
            return found

        try:
            return self._build(ctx, req, find)
        except Unknown:
            return None

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        found: dict[str, Table | None] = {}
        for name in dict.fromkeys(self._names(req)):
            place = place_of(ctx, name)
            try:
                found[name] = await ctx.db.catalog.get(*place) if NAME.fullmatch(place[2]) else None
            except TableNotFound:
                found[name] = None
        return self._build(ctx, req, found.get)


def ask_of(
    ctx: Context,
    action: str,
    name: str,
    table: Table | None,
    *,
    index: str | None = None,
    keys: ConditionKeys | None = None,
    member: int | None = None,
) -> Ask:
    """An action on a table or one of its indexes."""
    if table is not None and table.name == name:
        arn = table.arn
    else:
        arn = table_arn(ctx, name)
    resource = arn if index is None else f"{arn}/index/{index}"
    if table is None or not table.policies:
        return Ask(action, resource, keys, member=member)
    own = table.policies.get(table.arn)
    policies = {table.arn: own["policy"]} if own else NO_POLICIES
    return Ask(action, resource, keys, policies, table, member=member)


class Named(RowKeys):
    """A table operation: nothing but the table's tags is known of it."""

    __slots__ = ()


def on_table(*actions: Callable[[Request], Iterable[str]] | str) -> TablePermissions:
    """Actions on the table that TableName or ResourceArn names, and on the index beside it.

    actions: names, or functions from the request to those that it needs besides.
    """

    def build(ctx: Context, req: Request, find: Find) -> Sequence[Ask]:
        needed = [
            name for each in actions for name in ([each] if isinstance(each, str) else each(req))
        ]
        named = next(_named(req), None)
        if named is None:
            everything = f"arn:aws:dynamodb:{ctx.region}:{ctx.account}:table/*"
            return [Ask(f"dynamodb:{action}", everything) for action in needed]
        found = []
        for action in needed:
            table = find(named)
            keys = Named(req, table, None)
            if _is_part(named):
                found.append(_on_part(action, named, table, keys))
            else:
                index = req.get("IndexName") if isinstance(req.get("IndexName"), str) else None
                found.append(
                    ask_of(ctx, f"dynamodb:{action}", named, table, index=index, keys=keys)
                )
        return found

    return TablePermissions(build, _named)


def _on_part(action: str, arn: str, table: Table | None, keys: ConditionKeys) -> Ask:
    """An action on an index or a stream that is named by its ARN."""
    if table is None or not table.policies:
        return Ask(f"dynamodb:{action}", arn, keys)
    own = table.policies.get(arn if "/stream/" in arn else table.arn)
    policies = {table.arn: own["policy"]} if own else NO_POLICIES
    return Ask(f"dynamodb:{action}", arn, keys, policies, table)


class OnItem(TablePermissions):
    """An action on the one table of the request, with its rows. shape, place: see row_shapes.py."""

    leading_keys = LEADING_KEYS
    __slots__ = ("_action", "_kind", "_place", "shape")

    def __init__(
        self, action: str, kind: type[RowKeys], shape: Shape = no_shape, place: FindPlace = no_place
    ) -> None:
        super().__init__(self._asks_of, lambda req: [req["TableName"]])
        self._action = f"dynamodb:{action}"
        self._kind = kind
        self.shape = shape
        self._place = place

    def subject(self, ctx: Context, req: Request) -> Table | None:
        """The table, if it is one of the caller's own and at hand."""
        found = ctx.db.catalog.look_up((ctx.account, ctx.region, req["TableName"]))
        return None if found is None else found[1]

    def keys_for(self, req: Request, subject: Table) -> RowKeys | None:
        if "ReturnValuesOnConditionCheckFailure" in req:
            return None
        if "IndexName" in req:
            return self._kind(req, subject, schema_of(subject, req["IndexName"]))
        return self._kind(req, subject, subject.keys)

    def leading(self, req: Request, subject: Table) -> LeadingValue | None:
        """Where the value of the partition key is."""
        schema = schema_of(subject, req.get("IndexName"))
        return None if schema is None else self._place(req, schema)

    def _asks_of(self, ctx: Context, req: Request, find: Find) -> Sequence[Ask]:
        name, index = req["TableName"], req.get("IndexName")
        table = find(name)
        keys = self._kind(req, table, schema_of(table, index))
        ask = ask_of(ctx, self._action, name, table, index=index, keys=keys)
        return _both(ask, req)


def _both(ask: Ask, req: Request) -> Sequence[Ask]:
    """The ask, and that for what a failed condition would show."""
    if req.get("ReturnValuesOnConditionCheckFailure") != "ALL_OLD":
        return (ask,)
    assert isinstance(ask.keys, RowKeys)
    return ask, ask._replace(keys=WhenRefused(ask.keys))


def schema_of(table: Table | None, index: str | None) -> KeySchema | None:
    """The keys of what is read; None where it is not there."""
    if table is None:
        return None
    if index is None:
        return table.keys
    found = table.index(index) if isinstance(index, str) else None
    return None if found is None else found.keys


def _batch_get(ctx: Context, req: Request, find: Find) -> Sequence[Ask]:
    found = []
    for name, part in req["RequestItems"].items():
        table = find(name)
        keys = BatchGetKeys(
            part, table, schema_of(table, None), consumed=req.get("ReturnConsumedCapacity")
        )
        found.append(ask_of(ctx, "dynamodb:BatchGetItem", name, table, keys=keys))
    return found


def _batch_write(ctx: Context, req: Request, find: Find) -> Sequence[Ask]:
    found = []
    for name, writes in req["RequestItems"].items():
        table = find(name)
        keys = BatchWriteKeys(
            {"Writes": writes},
            table,
            schema_of(table, None),
            consumed=req.get("ReturnConsumedCapacity"),
        )
        found.append(ask_of(ctx, "dynamodb:BatchWriteItem", name, table, keys=keys))
    return found


_TRANSACTED: Mapping[str, tuple[str, type[RowKeys]]] = {
    "Get": ("dynamodb:GetItem", GetKeys),
    "Put": ("dynamodb:PutItem", WriteKeys),
    "Update": ("dynamodb:UpdateItem", UpdateKeys),
    "Delete": ("dynamodb:DeleteItem", WriteKeys),
    "ConditionCheck": ("dynamodb:ConditionCheckItem", WriteKeys),
}


def transacted(enclosing: str) -> TablePermissions:
    """The actions of a transaction's members."""

    def build(ctx: Context, req: Request, find: Find) -> Sequence[Ask]:
        found: list[Ask] = []
        for one in req["TransactItems"]:
            for kind, part in one.items():
                action, keys_of = _TRANSACTED[kind]
                name = part["TableName"]
                table = find(name)
                keys = keys_of(
                    part,
                    table,
                    schema_of(table, None),
                    enclosing=enclosing,
                    consumed=req.get("ReturnConsumedCapacity"),
                )
                found += _both(ask_of(ctx, action, name, table, keys=keys), part)
        return found

    return TablePermissions(build, _named)


def _named(req: Mapping[str, Any]) -> Iterator[str]:
    """The tables that a request names."""
    for name in ("TableName", "ResourceArn", "StreamArn"):
        if isinstance(req.get(name), str):
            yield req[name]
            return
    if isinstance(req.get("ShardIterator"), str):
        yield req["ShardIterator"].partition("|")[0]
    yield from req.get("RequestItems") or ()
    for one in req.get("TransactItems") or ():
        for part in one.values():
            yield part["TableName"]


def _is_part(name: str) -> bool:
    return name.startswith("arn:") and name.count("/") > 1


class Restoring:
    """A restore's own action on what is restored and on the new table, and what it does to that
    table for the caller. resources: both ARNs."""

    __slots__ = ("_action", "_resources")

    def __init__(self, action: str, resources: Callable[[Context, Request], Sequence[str]]) -> None:
        self._action = f"dynamodb:{action}"
        self._resources = resources

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask]:
        target = table_arn(ctx, req["TargetTableName"])
        return [
            *(Ask(self._action, arn) for arn in self._resources(ctx, req)),
            *(Ask(f"dynamodb:{action}", target) for action in _OF_A_RESTORE),
        ]

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        return self.asks(ctx, req)


_OF_A_RESTORE = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan",
                 "UpdateItem")  # fmt: skip
"""Service authorization reference, "Dependent actions" of the two restores."""

ON_BATCH_GET = TablePermissions(_batch_get, _named)
ON_BATCH_WRITE = TablePermissions(_batch_write, _named)
ON_GET = OnItem("GetItem", GetKeys, get_shape, place_in_key)
ON_PUT = OnItem("PutItem", WriteKeys, put_shape, place_in_item)
ON_UPDATE = OnItem("UpdateItem", UpdateKeys, key_shape, place_in_key)
ON_DELETE = OnItem("DeleteItem", WriteKeys, key_shape, place_in_key)
ON_QUERY = OnItem("Query", RangeKeys, query_shape, place_in_condition)
ON_SCAN = OnItem("Scan", RangeKeys)
ON_TRANSACT_GET = transacted("TransactGetItems")
ON_TRANSACT_WRITE = transacted("TransactWriteItems")
ON_CREATE = on_table(
    "CreateTable",
    lambda req: ["TagResource"] if req.get("Tags") else [],
    lambda req: ["PutResourcePolicy"] if req.get("ResourcePolicy") else [],
)
