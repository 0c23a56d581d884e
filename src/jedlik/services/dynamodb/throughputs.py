"""Capacity settings of tables and indexes: what a request may say, and what it changes.

These are the numbers DescribeTable shows and the rules for changing them; what holds requests to
them is `tables/throughput/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.errors import invalid, limit_exceeded, validation
from jedlik.tables.model import OnDemandLimits, Throughput, WarmThroughput
from jedlik.tables.throughput.flows import ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS

Spec = Mapping[str, Any]


def out_of_bounds(spec: Spec | None, index: str | None = None) -> str | None:
    """A rule: the text for a number beyond what AWS can store, or None."""
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if spec is not None and spec.get(name, 0) > limits.UNITS_MAX:
            where = f" for index {index}" if index else ""
            return f"Given value {spec[name]} for {name} is out of bounds{where}"
    return None


def provisioned(spec: Spec | None) -> Throughput:
    """A new table's or index's throughput; none (on demand) is zero units."""
    if spec is None:
        return Throughput()
    return Throughput(spec["ReadCapacityUnits"], spec["WriteCapacityUnits"])


def changed_throughput(
    old: Throughput, spec: Spec, now_ms: int, index: str | None = None
) -> Throughput:
    """The throughput after an update, with its history. Raises ApiError if it may not change so."""
    read, write = spec["ReadCapacityUnits"], spec["WriteCapacityUnits"]
    if (read, write) == (old.read_units, old.write_units):
        raise validation(_unchanged(old, index))
    decreases = read < old.read_units or write < old.write_units
    increases = read > old.read_units or write > old.write_units
    today = old.decreases_today if _same_utc_day(old.last_decrease_ms, now_ms) else 0
    if decreases:
        _check_decrease(today, old.last_decrease_ms, now_ms)
    return Throughput(
        read_units=read,
        write_units=write,
        decreases_today=today + decreases,
        last_increase_ms=now_ms if increases else old.last_increase_ms,
        last_decrease_ms=now_ms if decreases else old.last_decrease_ms,
    )


def switched_throughput(old: Throughput, spec: Spec | None) -> Throughput:
    """The throughput after a switch of the billing mode: no history is made by it."""
    read, write = (spec["ReadCapacityUnits"], spec["WriteCapacityUnits"]) if spec else (0, 0)
    return replace(old, read_units=read, write_units=write)


def _unchanged(old: Throughput, index: str | None) -> str:
    """The text for the same units again. Unverified: the form for an index."""
    subject = f"index {index}" if index else "table"
    kind = "index" if index else "table"
    read, write = old.read_units, old.write_units
    return (
        f"The provisioned throughput for the {subject} will not change. The requested value equals "
        f"the current value. Current ReadCapacityUnits provisioned for the {kind}: {read}. "
        f"Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for the "
        f"{kind}: {write}. Requested WriteCapacityUnits: {write}. Refer to the Amazon DynamoDB "
        "Developer Guide for current limits and how to request higher limits."
    )


def _check_decrease(today: int, last_ms: int | None, now_ms: int) -> None:
    if today < limits.DECREASES_FREE_PER_DAY or last_ms is None:
        return
    next_ms = last_ms + limits.DECREASE_INTERVAL_S * 1000
    if now_ms >= next_ms:
        return
    raise limit_exceeded(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given "
        "UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can "
        f"be performed at most once every {limits.DECREASE_INTERVAL_S} seconds. Number of "
        f"decreases today: {today}. Last decrease at {_long_date(last_ms)}. "
        f"Next decrease can be made at {_long_date(next_ms)}"
    )


def check_switch_to_on_demand(earlier_ms: list[int], now_ms: int) -> list[int]:
    """The switches of the last day with this one added; raises LimitExceeded at the fifth.

    Unverified: the text of the limit of four; this is the one of the former limit of one.
    """
    begin = now_ms - limits.SWITCH_WINDOW_S * 1000
    recent = [at for at in earlier_ms if at > begin]
    if len(recent) >= limits.SWITCHES_TO_ON_DEMAND_MAX:
        raise limit_exceeded(
            "Subscriber limit exceeded: Update to PayPerRequest mode are limited to "
            f"{limits.SWITCHES_TO_ON_DEMAND_MAX} times in 1 day(s). "
            f"Last update at {_short_date(recent[-1])}. Next update can be made at "
            f"{_short_date(recent[0] + limits.SWITCH_WINDOW_S * 1000)}"
        )
    return [*recent, now_ms]


def on_demand_limits(
    spec: Spec | None, old: OnDemandLimits | None, *, billing: str
) -> OnDemandLimits | None:
    """The on-demand maximums after a request; -1 takes one away. Raises ApiError.

    Unverified: the texts; the developer guide gives only the rules.
    """
    if spec is None:
        return old if billing == "PAY_PER_REQUEST" else None
    if billing != "PAY_PER_REQUEST":
        raise invalid("OnDemandThroughput cannot be specified when BillingMode is PROVISIONED")
    for name in ("MaxReadRequestUnits", "MaxWriteRequestUnits"):
        if name in spec and spec[name] < 1 and spec[name] != -1:
            raise invalid(f"{name} must be greater than or equal to 1, or -1 for no maximum")
    known = old or OnDemandLimits()
    return OnDemandLimits(
        spec.get("MaxReadRequestUnits", known.max_read_units),
        spec.get("MaxWriteRequestUnits", known.max_write_units),
    )


def least_warm(billing: str, throughput: Throughput) -> WarmThroughput:
    """What a table or index takes at once without asking for more."""
    if billing == "PAY_PER_REQUEST":
        return WarmThroughput(ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS)
    return WarmThroughput(throughput.read_units, throughput.write_units)


def warm_throughput(
    spec: Spec | None, now: WarmThroughput, *, subject: str
) -> WarmThroughput | None:
    """The warm throughput asked for, None if nothing is. Raises ApiError if it is less than now.

    subject: "table" or "index NAME".
    """
    if spec is None:
        return None
    if not spec:
        raise invalid(
            "At least one of ReadUnitsPerSecond or WriteUnitsPerSecond must be specified for "
            "WarmThroughput"
        )
    read = spec.get("ReadUnitsPerSecond", now.read_units)
    write = spec.get("WriteUnitsPerSecond", now.write_units)
    for name, asked, have in (
        ("ReadUnitsPerSecond", read, now.read_units),
        ("WriteUnitsPerSecond", write, now.write_units),
    ):
        if asked < have:
            raise invalid(
                f"Requested {name} for WarmThroughput for {subject} is lower than current "
                "WarmThroughput, decreasing WarmThroughput is not supported"
            )
    return WarmThroughput(read, write)


def decreases_today(throughput: Throughput, now_ms: int) -> int:
    """The count that DescribeTable shows: it starts again at midnight UTC."""
    same = _same_utc_day(throughput.last_decrease_ms, now_ms)
    return throughput.decreases_today if same else 0


def _same_utc_day(then_ms: int | None, now_ms: int) -> bool:
    return then_ms is not None and then_ms // 86_400_000 == now_ms // 86_400_000


def _long_date(at_ms: int) -> str:
    """Wednesday, July 25, 2018 5:03:29 PM UTC."""
    when = _utc(at_ms)
    hour = when.hour % 12 or 12
    return when.strftime(f"%A, %B {when.day}, %Y {hour}:%M:%S %p UTC")


def _short_date(at_ms: int) -> str:
    """Tue Feb 05 10:44:20 UTC 2019."""
    return _utc(at_ms).strftime("%a %b %d %H:%M:%S UTC %Y")


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
