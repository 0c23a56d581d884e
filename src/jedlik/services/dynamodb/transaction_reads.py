"""What reading items in a transaction takes: admitted all or none, two units for each step."""

from __future__ import annotations

from collections.abc import Sequence

from jedlik.api.context import Context
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.cancellations import cancelled, throttled_reasons
from jedlik.tables.errors import Throttled
from jedlik.tables.keys import Key
from jedlik.tables.model import Table
from jedlik.tables.stored import Stored


def admit_gets(ctx: Context, wanted: Sequence[tuple[Table, Key]]) -> None:
    """Let the reads begin; raises TransactionCanceledException if one of them must wait."""
    faults: list[Throttled | None] = [None] * len(wanted)
    for at, (table, key) in enumerate(wanted):
        lane = ctx.db.flows.of(table).read
        if ctx.now < lane.shut_until:
            try:
                lane.admit(lane.place_of(key.token, key.sort), ctx.now)
            except Throttled as fault:
                faults[at] = fault
    if any(faults):
        raise cancelled(throttled_reasons(faults), [False] * len(wanted))


def take_gets(
    ctx: Context, wanted: Sequence[tuple[Table, Key]], found: Sequence[Stored | None]
) -> list[float]:
    """Take what each read came to; nothing found costs as much as the smallest item."""
    taken = []
    for (table, key), stored in zip(wanted, found, strict=True):
        units = capacity.read_units(stored.size if stored else 0, capacity.TRANSACTIONAL)
        lane = ctx.db.flows.of(table).read
        lane.take(lane.place_of(key.token, key.sort), units, ctx.now)
        taken.append(units)
    return taken
