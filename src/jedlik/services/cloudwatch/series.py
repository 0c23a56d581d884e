"""Reading a metric as a series: slots gathered into periods, a statistic of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from jedlik.services.cloudwatch.errors import invalid_value
from jedlik.services.cloudwatch.statistics import Statistic
from jedlik.tables.aggregates import Aggregate
from jedlik.tables.measurements import Measurements, Metric, Slot

Periods = dict[int, Aggregate]
"""By the beginning of the period, in epoch seconds."""

TIME_S_MAX = 253_402_300_800
"""The end of the year 9999."""
SHORT_PERIODS = (1, 5, 10, 20, 30)
"""Those below a minute, in seconds."""


def is_period(period_s: int) -> bool:
    return period_s in SHORT_PERIODS or (period_s > 0 and period_s % 60 == 0)


def time_range(req: Mapping[str, Any]) -> tuple[float, float]:
    """StartTime and EndTime of a request. Raises ApiError: CBOR and forms have numbers, such as
    infinity, that are no times."""
    for name in ("StartTime", "EndTime"):
        if not (math.isfinite(req[name]) and 0 <= req[name] < TIME_S_MAX):
            raise invalid_value(f"The parameter {name} must be a time.")  # unverified
    return req["StartTime"], req["EndTime"]


async def periods_of(
    measurements: Measurements,
    metric: Metric,
    *,
    start_s: float,
    end_s: float,
    period_s: int,
    unit: str | None,
    distributed: bool,
    origin_s: int = 0,
) -> Periods:
    """The aggregates of [start_s, end_s) by period, in order; those without samples are left out.

    origin_s: a moment at which a period begins. unit: only samples of it; None: of all together.
    """
    slots = await measurements.slots(metric, start_s, end_s, by_second=period_s < 60)
    chosen = (slot for slot in slots if unit is None or slot.unit == unit)
    return gathered(chosen, period_s, origin_s=origin_s, distributed=distributed)


def gathered(
    slots: Iterable[Slot], period_s: int, *, origin_s: int = 0, distributed: bool
) -> Periods:
    """Slots merged by the period in which they begin."""
    found: Periods = {}
    for slot in slots:
        begin = (slot.at_s - origin_s) // period_s * period_s + origin_s
        before = found.get(begin)
        found[begin] = (
            before.merged(slot.aggregate, distributed=distributed) if before else slot.aggregate
        )
    return dict(sorted(found.items()))


def values_of(periods: Periods, statistic: Statistic) -> dict[int, float]:
    """The statistic of each period that has one."""
    found = {}
    for begin, aggregate in periods.items():
        value = statistic.of(aggregate)
        if value is not None:
            found[begin] = value
    return found
