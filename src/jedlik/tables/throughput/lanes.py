"""A lane: the reads, or the writes, of one table or index, metered and limited.

A request is admitted while there is something left, does its work, and takes exactly what that
came to, which may be more than there was: then the lane is shut until the debt is paid. So the
common request costs one comparison before and one `take` after its work.

A balance is a time. `_dry_until` says when the lane has something again; `now - _dry_until`
seconds' worth of units are left, at most `burst_s`. Taking moves it ahead by `units / rate`, and
nothing has to be filled up (a token bucket, or the "generic cell rate algorithm").
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Literal, NamedTuple

from jedlik.tables.errors import Throttled, ThrottleReason
from jedlik.tables.throughput.figures import Figure, Statistics, drain
from jedlik.tables.throughput.parts import (
    BURST_S,
    PART_READ_UNITS,
    PART_WRITE_UNITS,
    WARM_S,
    Parts,
)
from jedlik.tables.throughput.ramps import Ramp
from jedlik.tables.throughput.watches import Watch

Access = Literal["read", "write"]

MINUTE_S = 60.0
NEVER = float("inf")
LONG_AGO = float("-inf")
CLOCK_JITTER_S = 1.0
"""Requests carry the time they came, so one may look a little into the past."""


class Limit(NamedTuple):
    """How much a lane gives, and why not more: the reason a refused request is told."""

    units_per_s: float
    burst_s: float
    reason: ThrottleReason


WATCHED = Parts(1, 1.0, splits_collections=False)
"""Of a lane without limits whose keys are watched: only says that places have sort keys."""
WATCHED.say_sort(True)


class Lane:
    """One direction of a table or index. Like a Figure it counts consumed units.

    shut_until: before this time a request must ask `admit`. place: where in the key space a
    request goes, see `parts.py`; `place_of` makes one.
    """

    __slots__ = (
        "_cap",
        "_dry_until",
        "_forgiven",
        "_minute_end",
        "_minute_total",
        "_share",
        "_unit_s",
        "access",
        "burst_s",
        "count",
        "drained",
        "is_index",
        "is_on_demand",
        "last_s",
        "least",
        "limit",
        "most",
        "on_throttled",
        "parts",
        "ramp",
        "reports_only",
        "resource",
        "shut_until",
        "throttles",
        "total",
        "watch",
    )

    def __init__(self, access: Access, resource: str, *, is_index: bool) -> None:
        self.count = 0
        self.total = 0.0
        self.least = NEVER
        self.most = 0.0
        self.drained = (0, 0.0)
        self.access = access
        self.resource = resource
        self.is_index = is_index
        self.is_on_demand = False
        self.limit: Limit | None = None
        self.ramp: Ramp | None = None
        self.parts: Parts | None = None
        self.reports_only = False
        self.on_throttled: Callable[[Throttled], None] | None = None
        self.throttles: dict[ThrottleReason, Figure] = {}
        self.watch: Watch | None = None
        """Counts what is taken by key, where somebody wants to know."""
        self.shut_until = LONG_AGO
        self.last_s = LONG_AGO
        self.burst_s = 0.0
        self._dry_until = LONG_AGO
        self._unit_s = 0.0
        self._share = 1.0
        self._cap: Limit | None = None
        self._forgiven = 0
        self._minute_end = NEVER
        self._minute_total = 0.0

    def place_of(self, token: bytes, sort: bytes = b"") -> bytes:
        """The place of an item, or of the beginning of a range."""
        parts = self.parts
        return token + sort if parts is not None and parts.by_sort else token

    def admit(self, place: bytes, now: float, key: bytes | None = None) -> None:
        """Let a request for a place begin; raises Throttled. Only called while the lane is shut.

        key: what is asked for there, where that is not the place: a token, b"" for no one key.
        """
        reason = self.refusal(place, now)
        if reason is None:
            return
        self.tell_throttled(place if key is None else key, now)
        fault = self.throttled(reason)
        if not self.reports_only:
            raise fault
        self._forgiven += 1

    def refusal(self, place: bytes, now: float) -> ThrottleReason | None:
        """Why a request for this place cannot be admitted now; None if it can."""
        if now >= self.shut_until or self.limit is None:
            return None
        if now < self.last_s - CLOCK_JITTER_S:
            self._shift(now - self.last_s)
        self.follow_ramp(now)
        if self._dry_until > now:
            return self.limit.reason
        parts = self.parts
        if parts is not None and parts.dry_until[parts.at(place)] > now:
            return "key_range"
        return None

    def tell_throttled(self, key: bytes, now: float) -> None:
        """Tell the watch. Writes that an index holds up are not measured (developer guide, "How it
        works" of contributor insights: most throttled items)."""
        if self.watch is not None and key and not (self.is_index and self.access == "write"):
            self.watch.throttled(key, now)

    def throttled(self, reason: ThrottleReason) -> Throttled:
        """Count a refusal, and the exception that says it."""
        figure = self.throttles.get(reason)
        if figure is None:
            figure = self.throttles[reason] = Figure()
        figure.add(1.0)
        fault = Throttled(
            reason,
            self.access,
            self.resource,
            is_index=self.is_index,
            is_on_demand=self.is_on_demand,
        )
        if self.on_throttled is not None:
            self.on_throttled(fault)
        return fault

    def take(self, place: bytes, units: float, now: float) -> None:
        """Count what a request came to, and take it from what is left."""
        self.count += 1
        self.total += units
        if units > self.most:
            self.most = units
        if units < self.least:
            self.least = units
        if self.watch is not None:
            self.watch.took(self.access, place, units, now)
        if self.limit is None:
            return
        shut_until = self.shut_until
        if now < shut_until and self._forgiven:
            self._forgiven -= 1
            return
        self.last_s = now
        dry = self._dry_until
        full = now - self.burst_s
        dry = (dry if dry > full else full) + units * self._unit_s
        self._dry_until = dry
        if dry > shut_until:
            self.shut_until = shut_until = dry
        parts = self.parts
        if parts is not None:
            untils = parts.dry_until
            i = bisect_right(parts.bounds, place)
            dry = untils[i]
            full = now - BURST_S
            dry = (dry if dry > full else full) + units * parts.unit_s
            untils[i] = dry
            if dry > now - WARM_S:
                parts.heat(i, place, now)
                dry = untils[i]
            if dry > shut_until:
                self.shut_until = dry
        if now >= self._minute_end:
            self._end_minute(now)

    def add(self, units: float) -> None:
        """Only count them."""
        self.count += 1
        self.total += units
        if units > self.most:
            self.most = units
        if units < self.least:
            self.least = units

    def drain(self) -> Statistics:
        """What was consumed since the last time."""
        return drain(self)

    def take_range(self, place: bytes, key: bytes, units: float, now: float) -> None:
        """Take what reading from a place on came to, for a key as `admit` has it."""
        watch, self.watch = self.watch, None
        self.take(place, units, now)
        self.watch = watch
        if watch is not None and key:
            watch.took(self.access, key, units, now)

    def charge(self, place: bytes, units: float, now: float) -> None:
        """Take units that are not counted here: part of what a request of a batch comes to."""
        counted = self.count, self.total, self.least, self.most
        self.take(place, units, now)
        self.count, self.total, self.least, self.most = counted

    def bound(
        self,
        limit: Limit | None,
        now: float,
        *,
        ramp: Ramp | None = None,
        parts: int = 1,
        splits_collections: bool = False,
        share: float = 1.0,
    ) -> None:
        """Give the lane this limit from now on, and keep what is left in units.

        limit: None lets everything pass. ramp: that of an on-demand lane, whose `allowed` is the
        limit while it is the lower one. parts: how many there are at least. share: of all limits,
        where several processes serve one store.
        """
        self.is_on_demand = ramp is not None
        if ramp is not self.ramp:
            self.ramp = ramp
            self._minute_end = NEVER if ramp is None else now + MINUTE_S
            self._minute_total = self.total
        self._cap, self._share = limit, share
        if limit is None:
            self.limit, self.parts = None, WATCHED if self.watch is not None else None
            self.shut_until = LONG_AGO
            return
        per_part = PART_READ_UNITS if self.access == "read" else PART_WRITE_UNITS
        if self.parts is None or self.parts is WATCHED:
            self.parts = Parts(parts, per_part * share, splits_collections=splits_collections)
        else:
            self.parts.splits_collections = splits_collections
            self.parts.grow(parts)
        self.parts.say_sort(self.watch is not None)
        self._use_limit(now)

    def _use_limit(self, now: float) -> None:
        """The lower one of cap and ramp."""
        limit, ramp = self._cap, self.ramp
        assert limit is not None and self.parts is not None
        if ramp is not None and ramp.allowed < limit.units_per_s:
            # No reason of its own is documented for it: parts are what is made in the meantime.
            limit = Limit(ramp.allowed, limit.burst_s, "key_range")
        before, self.limit = self.limit, limit
        unit_s = 1.0 / (limit.units_per_s * self._share)
        if before is None:
            # Unverified: whether a new table has its burst at once; its last minutes were unused.
            self._dry_until = now - limit.burst_s
        else:
            left = (now - max(self._dry_until, now - self.burst_s)) / self._unit_s
            self._dry_until = now - min(left * unit_s, limit.burst_s)
        self._unit_s, self.burst_s = unit_s, limit.burst_s
        self.shut_until = max(self._dry_until, *self.parts.dry_until)

    def follow_ramp(self, now: float) -> None:
        """Take over what the ramp allows by now."""
        ramp = self.ramp
        if ramp is not None and ramp.grow(now) and self.parts is not None:
            per_part = PART_READ_UNITS if self.access == "read" else PART_WRITE_UNITS
            self.parts.grow(-(-int(ramp.allowed) // per_part))
            self._use_limit(now)

    def _end_minute(self, now: float) -> None:
        """A minute of an on-demand lane is over: what it took may be a new peak."""
        assert self.ramp is not None
        taken = self.total - self._minute_total
        # A pause longer than a minute is no part of a peak: its units came in one of the minutes.
        self.ramp.observe(self._minute_end, taken / MINUTE_S / self._share)
        self._minute_total = self.total
        self._minute_end = now + MINUTE_S
        self.follow_ramp(now)

    def _shift(self, by_s: float) -> None:
        """The clock was set back: what was left then is left now."""
        self._dry_until += by_s
        self.last_s += by_s
        self.shut_until += by_s
        if self.ramp is not None:
            self._minute_end += by_s
        if self.parts is not None:
            self.parts.shift(by_s)
