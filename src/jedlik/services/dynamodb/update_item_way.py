"""The way of an UpdateItem that differs from one before it in nothing but its key's value and those
of its placeholders.

Beyond the body's form it goes by what the operation itself does with them, without the steps that
come to the same each time: decoding, the shape's check, the table's look-up, the checks of
expressions against keys. Where the values are those of the last request, what was made of them is
at hand. Conditions and limits as for `put_item_way.py`; a condition that does not hold, and
whatever else is refused, is the operation's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.body_forms import BodyForm, is_plain
from jedlik.api.body_pieces import pieces_around
from jedlik.api.context import Context
from jedlik.api.ways import Rows, every_row
from jedlik.services.dynamodb.request_expressions import update_and_condition
from jedlik.services.dynamodb.usable_tables import known_table
from jedlik.services.dynamodb.write_answers import ANSWERED, update_answer
from jedlik.services.dynamodb.writing import Writing
from jedlik.storage.waist import Embedded
from jedlik.tables.change_records import change_of
from jedlik.tables.indexes import WRITE_UNIT_BYTES
from jedlik.tables.item_writes import ITEM_BYTES_MAX, Written
from jedlik.tables.model import Table
from jedlik.tables.stored import Stored, pack
from jedlik.tables.throughput import Lane
from jedlik.values import check_item, item_size

VALUES = "ExpressionAttributeValues"
_MEMBERS = {
    "TableName", "Key", "UpdateExpression", "ConditionExpression", "ExpressionAttributeNames",
    VALUES, "ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics",
}  # fmt: skip
NOTHING = b"{}"
_VALUES_MAX = 16
"""Finding out where one stands takes decoding the body."""

Place = tuple[str, str, str]
"""A member, a name in it, and the type of what is there."""


def way_of(ctx: Context, req: dict[str, Any], body: bytes, rows: Rows) -> UpdateWay | None:
    """The way of requests like this one; None if there is none."""
    table, engine = known_table(ctx, req["TableName"]), ctx.db.embedded
    if table is None or engine is None or engine is not ctx.db.engine or not table.plain:
        return None
    if not _MEMBERS.issuperset(req) or "UpdateExpression" not in req:
        return None
    if rows is not every_row and table.keys.partition[0].type != "S":
        return None
    places: list[Place] = [("Key", each.name, each.type) for each in table.keys.attributes]
    places += [
        (VALUES, name, kind)
        for name, value in req.get(VALUES, {}).items()
        for kind, content in value.items()
        if kind in ("S", "N") and content.isascii() and is_plain(content.encode())
    ]
    if len(places) > _VALUES_MAX:
        return None
    try:
        pieces, order = pieces_around(body, places)
    except LookupError:
        return None
    return UpdateWay(ctx.db, table, BodyForm(pieces), [places[n] for n in order], req, engine, rows)


class UpdateWay:
    """places: what differs, in the order in which it stands in the body. req: a request of the
    form. rows: those that the caller may have."""

    __slots__ = (
        "_bound",
        "_bound_to",
        "_form",
        "_has_still",
        "_is_silent",
        "_key_of",
        "_keys_at",
        "_lane",
        "_next_version",
        "_now_ms",
        "_partition_name",
        "_peek",
        "_place",
        "_put_seen",
        "_req",
        "_rows",
        "_space",
        "_table",
        "_values_at",
    )

    def __init__(
        self,
        db: Any,
        table: Table,
        form: BodyForm,
        places: Sequence[Place],
        req: dict[str, Any],
        engine: Embedded,
        rows: Rows,
    ) -> None:
        self._has_still = db.catalog.has_still
        self._next_version = db.versions.next
        self._now_ms = db.clock.now_ms
        self._table = table
        self._place = table.account, table.region, table.name
        self._space = table.space
        self._lane: Lane = db.flows.of(table).write
        self._form = form
        at = [(number, name, kind, member) for number, (member, name, kind) in enumerate(places)]
        self._keys_at = [each[:3] for each in at if each[3] == "Key"]
        self._values_at = [each[:3] for each in at if each[3] == VALUES]
        self._partition_name = table.keys.partition[0].name
        self._key_of = table.key_of
        self._req = req
        self._is_silent = ANSWERED.isdisjoint(req)
        self._peek = engine.peek
        self._put_seen = engine.put_seen
        self._rows = None if rows is every_row else rows
        self._bound_to: list[bytes] | None = None
        self._bound: tuple[Any, Any] = (None, None)

    def answer(self, body: bytes, now: float) -> bytes | Writing | None:
        """As `api.ways.Way` asks."""
        texts = self._form.read(body)
        if texts is None:
            return None
        lane, table = self._lane, self._table
        if now < lane.shut_until or lane.watch is not None:
            return None
        if not self._has_still(self._place, table):
            return None
        try:
            attributes = {name: {kind: texts[at].decode()} for at, name, kind in self._keys_at}
            check_item(attributes)
            key = self._key_of(attributes)
            update, condition = self._expressions(texts)
            if self._rows is not None and not self._rows(attributes[self._partition_name]["S"]):
                return None  # the gateway will refuse it
            row_key = (self._space, key.token, key.sort, b"")
            # As in `write_one`: from here to `put_seen` nobody else's turn comes.
            row = self._peek(row_key)
            old = None if row is None else Stored(row.version, row.value)
            if condition is not None and not condition.holds(None if old is None else old.item):
                return None
            # As `UpdateWrite.apply` does for a table without indexes.
            item = attributes if old is None else old.item
            if update is not None:
                item = update.apply(item)
            size = item_size(item)
            if size > ITEM_BYTES_MAX:
                return None
            value = pack(item, size)
            version = self._next_version(0 if row is None else row.version)
            new = Stored(version, value, item, size)
            done = NOTHING
            if not self._is_silent:
                done = update_answer(self._req, table, Written(old, new, {}), attributes, update)
            before = 0 if old is None else old.size
            more = 1 if old is None else 0
            change = None
            if table.logged:
                at_ms = self._now_ms()
                change = change_of(table, key.token, old, new, at_ms=at_ms, version=version)
            durable = self._put_seen(row_key, version, value, more, size - before, change)
        except Exception:
            return None  # the operation will meet it, too, and tell of it
        parts = lane.parts
        place = key.token if parts is None or not parts.by_sort else key.token + key.sort
        units = -(-(before if before > size else size) // WRITE_UNIT_BYTES) or 1
        if durable is not None:
            return Writing(durable, lane, place, units, now, done)
        lane.take(place, units, now)
        return done

    def _expressions(self, texts: list[bytes]) -> tuple[Any, Any]:
        """The update and its condition, with these values. Raises Invalid."""
        given = [texts[at] for at, _, _ in self._values_at]
        if given != self._bound_to:
            req = self._req
            if given:
                values = dict(req[VALUES])
                for at, name, kind in self._values_at:
                    values[name] = {kind: texts[at].decode()}
                req = {**req, VALUES: values}
            self._bound = update_and_condition(req)
            self._bound_to = given
        return self._bound
