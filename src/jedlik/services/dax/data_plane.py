"""The data plane of one node: DynamoDB's own operations, with the node's caches before the tables.

Eventually consistent reads by key go through the item cache, Query and Scan through the query
cache; strongly consistent and transactional reads pass by (developer guide, "DAX: how it
processes requests"). A write is done first and then told to every node of the cluster, before the
writer is answered, so that what was written through a cluster is seen through it at once.

The handlers are those of `services/dynamodb`, unchanged: for a read by key they are handed a
database whose engine looks into the cache first. Called by `wire/dax`; raises ApiError only.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from jedlik.api.context import Context
from jedlik.api.errors import ApiError, internal_failure
from jedlik.api.operation import Operation, Service
from jedlik.identity import Identity
from jedlik.services.dax.access import Guard
from jedlik.services.dax.attribute_lists import AttributeLists
from jedlik.services.dax.clusters import EndpointView, Node, Wrote
from jedlik.services.dax.item_cache import ItemCache
from jedlik.services.dax.memory import Entry, Shelf
from jedlik.services.dax.query_cache import QueryCache, key_of
from jedlik.services.dax.reading import CachedReads, Source, TableRows, View, without_hits
from jedlik.tables.database import Database
from jedlik.tables.errors import BadKey, TableError, TableNotFound
from jedlik.tables.keys import Key
from jedlik.tables.model import Table
from jedlik.values import Invalid, Malformed

Request = dict[str, Any]
Answer = dict[str, Any]

SHELVES_MAX = 256
"""From here on, shelves that hold nothing are put away."""

REFUSALS = (ApiError, Invalid, Malformed, TableError)
"""What a write raises that has changed nothing."""

_log = logging.getLogger("jedlik.dax")


class Outcome(NamedTuple):
    """An answer; `entry` is what it was made of, if the same question has the same answer for as
    long as that is remembered, and `table` the table it is about."""

    answer: Answer
    entry: Entry | None = None
    table: Table | None = None


class DataPlane:
    """guard: judges what callers may do; None lets everyone. source: where items come from that
    the cache has not got; None: from `db`."""

    def __init__(
        self,
        node: Node,
        db: Database,
        service: Service,
        lists: AttributeLists,
        *,
        settings: Any = None,
        guard: Guard | None = None,
        source: Source | None = None,
    ) -> None:
        assert isinstance(node.items, ItemCache) and isinstance(node.queries, QueryCache)
        self.lists = lists
        self._node = node
        self._items = node.items
        self._queries = node.queries
        self._memory = node.items.memory
        self._db = db
        self._source = source or TableRows(db)
        self._operations = service.operations
        self._translate = service.translate
        self._settings = settings
        self._guard = guard
        self._shelves: dict[tuple[str, str], Shelf] = {}

    # What a connection needs besides operations

    def endpoints(self, *, tls: bool) -> list[EndpointView]:
        return self._node.cluster.endpoints(tls=tls)

    async def key_schema(self, identity: Identity, name: str) -> Sequence[tuple[str, str]]:
        """Names and types of a table's key attributes, partition first. Raises ApiError."""
        if self._guard is not None and identity.principal is not None:
            await self._guard.require_any(self._context(identity, "", 0.0), name)
        try:
            table = await self._db.catalog.get(identity.account, identity.region, name)
        except TableNotFound as error:
            refusal = self._translate(error)
            assert refusal is not None
            raise refusal from None
        return [(attribute.name, attribute.type) for attribute in table.keys.attributes]

    def shelf(self, identity: Identity) -> Shelf | None:
        """Where replies for this client are kept; None if each request must be authorised."""
        if self._guard is not None and getattr(identity.principal, "kind", "root") != "root":
            return None
        whose = identity.account, identity.region
        found = self._shelves.get(whose)
        if found is None:
            if len(self._shelves) >= SHELVES_MAX:
                # Clients in open mode may call their region what they like.
                self._shelves = {who: one for who, one in self._shelves.items() if one.replies}
            cached = self._db.catalog.cached
            found = Shelf(self._memory, self._node.metrics, cached_table=cached)
            self._shelves[whose] = found
        return found

    def keep(self, outcome: Outcome, shelf: Shelf, message: bytes, reply: bytes) -> None:
        """Answer the same message with the same reply while the outcome's entry is remembered."""
        if outcome.entry is not None:
            self._memory.attach(outcome.entry, shelf, message, reply, outcome.table)

    def count(self, operation: str, took_s: float, refusal: ApiError | None) -> None:
        metrics = self._node.metrics
        metrics.count(operation, took_s, refusal.status if refusal is not None else 200)
        if refusal is not None and refusal.code in THROTTLED:
            metrics.throttled += 1

    # Operations

    async def run(
        self, name: str, identity: Identity, request: Request, request_id: str, now: float
    ) -> Outcome:
        """The answer to a request. Raises ApiError."""
        operation = self._operations[name]
        ctx = self._context(identity, request_id, now)
        try:
            operation.check(request)
            if self._guard is not None:
                await self._guard.require(ctx, operation, request)
            return await _WAYS[name](self, ctx, operation, request)
        except Exception as error:
            raise self._refusal(operation, request, error) from None

    def _context(self, identity: Identity, request_id: str, now: float) -> Context:
        return Context(
            self._db,
            identity.account,
            identity.region,
            identity.principal,
            request_id,
            now,
            self._settings,
        )

    def _refusal(self, operation: Operation, request: Request, error: Exception) -> ApiError:
        """As the gateway answers what an operation raised."""
        refusal = error if isinstance(error, ApiError) else self._translate(error)
        if refusal is None:
            _log.error("%s failed", operation.name, exc_info=error)
            return internal_failure()
        if refusal.is_validation:
            try:
                operation.check_deep(request)
            except ApiError as earlier:
                return earlier
        return refusal

    async def _pass(self, ctx: Context, operation: Operation, request: Request) -> Outcome:
        """Past the caches."""
        return Outcome(_decoded(await operation.handler(ctx, request)))

    async def _get_item(self, ctx: Context, operation: Operation, request: Request) -> Outcome:
        if request.get("ConsistentRead"):
            return await self._pass(ctx, operation, request)
        reads = CachedReads(self._source, self._items)
        ctx.db = View(self._db, reads, ctx.now)
        answer = _decoded(await operation.handler(ctx, request))
        self._count_items(reads)
        if "ConsumedCapacity" in answer:
            return Outcome(without_hits(answer, reads, self._table_of(ctx)))
        table = self._table_of(ctx)(request["TableName"])
        return Outcome(answer, reads.entry if table is not None else None, table)

    async def _batch_get_item(
        self, ctx: Context, operation: Operation, request: Request
    ) -> Outcome:
        table_of = self._table_of(ctx)
        strong = set()
        for name, part in request["RequestItems"].items():
            if part.get("ConsistentRead"):
                table = table_of(name)
                strong.add(table.space if table is not None else -1)
        reads = CachedReads(self._source, self._items, strong)
        reads.ctx = ctx
        ctx.db = View(self._db, reads, ctx.now)
        answer = _decoded(await operation.handler(ctx, request))
        self._count_items(reads)
        return Outcome(without_hits(answer, reads, table_of))

    async def _read_page(self, ctx: Context, operation: Operation, request: Request) -> Outcome:
        """Query and Scan."""
        table = self._table_of(ctx)(request["TableName"])
        if request.get("ConsistentRead") or table is None:
            return await self._pass(ctx, operation, request)
        name, metrics = operation.name, self._node.metrics
        key = key_of(name, table.space, request)
        entry = self._queries.find(key)
        is_hit = entry is not None
        if entry is None or entry.content is None:
            body = await operation.handler(ctx, request)
            assert isinstance(body, bytes)
            entry = self._queries.add(key, name, body)
        else:
            body = entry.content
        if name == "Query":
            metrics.query_hits += is_hit
            metrics.query_misses += not is_hit
        else:
            metrics.scan_hits += is_hit
            metrics.scan_misses += not is_hit
        answer = _decoded(body)
        if "ConsumedCapacity" not in answer:
            return Outcome(answer, entry, table)
        if is_hit:
            answer["ConsumedCapacity"] = {
                "TableName": request["TableName"],
                "CapacityUnits": 0.0,
            }
        return Outcome(answer)

    async def _write(self, ctx: Context, operation: Operation, request: Request) -> Outcome:
        try:
            answer = await operation.handler(ctx, request)
        except REFUSALS:
            raise
        except BaseException:
            # Perhaps it was written, perhaps not: nobody may be shown what was before.
            await self._forget(self._places(ctx, request))
            raise
        await self._tell(self._places(ctx, request))
        return Outcome(_decoded(answer))

    async def _tell(self, places: Sequence[tuple[Table, Key]]) -> None:
        """Let every node know what is there now. What was written is read back, since only the
        row has a version; whoever wrote meanwhile has made it newer, which is right as well."""
        try:
            keys = [(table.space, key.token, key.sort, b"") for table, key in places]
            rows = await self._db.engine.get(keys)
        except Exception:
            await self._forget(places)
            raise
        # A deletion is as new as this moment: no row that was read before may come over it.
        now = self._db.versions.next()
        await self._node.cluster.wrote(
            [
                Wrote(key[0], key[1], key[2], row.version if row else now, row and row.value)
                for key, row in zip(keys, rows, strict=True)
            ]
        )

    async def _forget(self, places: Sequence[tuple[Table, Key]]) -> None:
        await self._node.cluster.wrote(
            [Wrote(table.space, key.token, key.sort, 0, None) for table, key in places]
        )

    def _places(self, ctx: Context, request: Request) -> list[tuple[Table, Key]]:
        """The items that a write is about."""
        table_of, found = self._table_of(ctx), []
        for name, attributes in _written(request):
            table = table_of(name)
            if table is None:
                continue
            try:
                found.append((table, table.key_of(attributes)))
            except BadKey:
                continue
        return found

    def _table_of(self, ctx: Context) -> Callable[[str], Table | None]:
        """From a name to its table; the wire has asked for its key schema, so it is at hand."""
        cached = self._db.catalog.cached
        return lambda name: cached(ctx.account, ctx.region, name)

    def _count_items(self, reads: CachedReads) -> None:
        metrics = self._node.metrics
        metrics.item_hits += reads.hits
        metrics.item_misses += reads.misses


THROTTLED = frozenset(
    ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
)

_Way = Callable[[DataPlane, Context, Operation, Request], Awaitable[Outcome]]
_WAYS: Mapping[str, _Way] = {
    "GetItem": DataPlane._get_item,
    "BatchGetItem": DataPlane._batch_get_item,
    "Query": DataPlane._read_page,
    "Scan": DataPlane._read_page,
    "PutItem": DataPlane._write,
    "UpdateItem": DataPlane._write,
    "DeleteItem": DataPlane._write,
    "BatchWriteItem": DataPlane._write,
    "TransactGetItems": DataPlane._pass,
    "TransactWriteItems": DataPlane._write,
}


def _decoded(answer: dict[str, Any] | bytes) -> Answer:
    found: Answer = orjson.loads(answer) if isinstance(answer, bytes) else answer
    return found


def _written(request: Request) -> Iterable[tuple[str, dict[str, Any]]]:
    """Table and item (or key) of everything that a write request writes."""
    if "TransactItems" in request:
        for one in request["TransactItems"]:
            for action, part in one.items():
                if action != "ConditionCheck":
                    yield part["TableName"], part.get("Item") or part["Key"]
    elif "RequestItems" in request:
        for name, writes in request["RequestItems"].items():
            for write in writes:
                put = write.get("PutRequest")
                yield name, put["Item"] if put is not None else write["DeleteRequest"]["Key"]
    else:
        yield request["TableName"], request.get("Item") or request["Key"]
