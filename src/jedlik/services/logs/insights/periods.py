"""Periods of bin, datefloor and dateceil: 30s, 5m, 1h, 1mo."""

from __future__ import annotations

from datetime import UTC, datetime

from jedlik.services.logs.insights.faults import Malformed
from jedlik.services.logs.insights.syntax import Period
from jedlik.services.logs.insights.values import Time

_MS = {
    **dict.fromkeys(("ms", "msec"), 1),
    **dict.fromkeys(("s", "sec", "second"), 1000),
    **dict.fromkeys(("m", "min", "minute"), 60_000),
    **dict.fromkeys(("h", "hr", "hour"), 3_600_000),
    **dict.fromkeys(("d", "day"), 86_400_000),
    **dict.fromkeys(("w", "week"), 7 * 86_400_000),
}
_MONTHS = {
    **dict.fromkeys(("mo", "mon", "month"), 1),
    **dict.fromkeys(("q", "qtr", "quarter"), 3),
    **dict.fromkeys(("y", "yr", "year"), 12),
}


def check(period: Period) -> None:
    """Raises Malformed."""
    if period.count < 1 or (period.unit not in _MS and period.unit not in _MONTHS):
        raise Malformed(f"invalid period: {period.count}{period.unit}")  # unverified


def floor(ms: int, period: Period) -> Time:
    if period.unit in _MS:
        width = period.count * _MS[period.unit]
        return Time(ms // width * width)
    at = datetime.fromtimestamp(ms / 1000, UTC)
    months = at.year * 12 + at.month - 1
    width = period.count * _MONTHS[period.unit]
    return _month(max(months // width * width, 12))


def ceiling(ms: int, period: Period) -> Time:
    low = floor(ms, period)
    if low == ms:
        return low
    if period.unit in _MS:
        return Time(low + period.count * _MS[period.unit])
    at = datetime.fromtimestamp(low / 1000, UTC)
    return _month(at.year * 12 + at.month - 1 + period.count * _MONTHS[period.unit])


def _month(months: int) -> Time:
    year, month = divmod(months, 12)
    return Time(datetime(min(year, 9999), month + 1, 1, tzinfo=UTC).timestamp() * 1000)
