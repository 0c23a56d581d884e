"""Capacity units: what a request costs, and how a reply says so.

Reads count 4 KB steps (half price when eventually consistent, double in a transaction), writes 1 KB
steps (double in a transaction), each at least one (developer guide, "Read and write operations").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from jedlik.tables.model import Table

READ_UNIT_BYTES = 4096
WRITE_UNIT_BYTES = 1024

Kind = Literal["ReadCapacityUnits", "WriteCapacityUnits"]
"""Replies of transactions say which kind their units are."""

EVENTUAL, STRONG, TRANSACTIONAL = 0.5, 1.0, 2.0
"""What one step of a read costs."""

NO_INDEXES: Mapping[str, float] = {}


def read_units(size_bytes: int, rate: float) -> float:
    """Units of reading so many bytes; nothing found costs as much as the smallest item."""
    return max(1, -(-size_bytes // READ_UNIT_BYTES)) * rate


def write_units(size_bytes: int) -> float:
    """Units of writing an item of so many bytes, the larger of its images before and after."""
    return float(max(1, -(-size_bytes // WRITE_UNIT_BYTES)))


def rate_of(req: Mapping[str, Any]) -> float:
    """What a step of this read costs."""
    return STRONG if req.get("ConsistentRead") else EVENTUAL


def wanted(req: Mapping[str, Any]) -> str | None:
    """How closely the reply has to tell the capacity, TOTAL or INDEXES; None: not at all."""
    detail = req.get("ReturnConsumedCapacity")
    return None if detail == "NONE" else detail


def consumed(
    detail: str,
    name: str,
    table: Table,
    table_units: float,
    index_units: Mapping[str, float] = NO_INDEXES,
    *,
    kind: Kind | None = None,
) -> dict[str, Any]:
    """A ConsumedCapacity. `name`: the table as the request called it, name or ARN."""
    total = table_units + sum(index_units.values())
    answer: dict[str, Any] = {"TableName": name, **_units(total, kind)}
    if detail != "INDEXES":
        return answer
    answer["Table"] = _units(table_units, kind)
    for index_name, units in index_units.items():
        index = table.index(index_name)
        is_local = index is not None and index.kind == "local"
        group = "LocalSecondaryIndexes" if is_local else "GlobalSecondaryIndexes"
        answer.setdefault(group, {})[index_name] = _units(units, kind)
    return answer


class Tally:
    """The units of a request that touches several tables, one account for each."""

    def __init__(self) -> None:
        self._accounts: dict[str, tuple[Table, float, dict[str, float]]] = {}

    def add(
        self,
        name: str,
        table: Table,
        table_units: float,
        index_units: Mapping[str, float] = NO_INDEXES,
        *,
        times: float = 1.0,
    ) -> None:
        """Charge one item; `times` is 2 in a transaction's writes."""
        _, so_far, by_index = self._accounts.get(name, (table, 0.0, {}))
        for index_name, units in index_units.items():
            by_index[index_name] = by_index.get(index_name, 0.0) + units * times
        self._accounts[name] = (table, so_far + table_units * times, by_index)

    def consumed(self, detail: str, *, kind: Kind | None = None) -> list[dict[str, Any]]:
        """One ConsumedCapacity for each table, in the order they were first charged."""
        accounts: Iterable[tuple[str, tuple[Table, float, dict[str, float]]]]
        accounts = self._accounts.items()
        return [
            consumed(detail, name, table, units, by_index, kind=kind)
            for name, (table, units, by_index) in accounts
        ]


def _units(units: float, kind: Kind | None) -> dict[str, float]:
    units = float(units)  # AWS writes 1.0, and so must we where whole units were counted
    return {"CapacityUnits": units} if kind is None else {"CapacityUnits": units, kind: units}
