"""Which side of an instant a change is on: for images of the past, and for what changed since.

Versions are the time, and decide. But a process that takes over a shared store begins with versions
that the one before it may have promised, seconds ahead of the clock, so that none is used twice;
until the clock has caught up, what it writes looks as if it were still to come. There the time of
the record decides. It is no better than the clocks of the machines, so a small lead counts as none:
then versions keep transactions whole.
"""

from __future__ import annotations

import msgspec

from jedlik.changes.record import Record
from jedlik.tables.clock import VERSIONS_PER_MS

LEAD_MS_MIN, LEAD_MS_MAX = 100, 10_000


class Instant(msgspec.Struct, frozen=True):
    """The end of the millisecond `at_ms`, and the last version that it takes in."""

    version: int
    at_ms: int

    def takes_in(self, record: Record) -> bool:
        """Whether a change had been made by then."""
        if record.version <= self.version:
            return True
        lead_ms = record.version // VERSIONS_PER_MS - record.at_ms
        return LEAD_MS_MIN < lead_ms <= LEAD_MS_MAX and record.at_ms <= self.at_ms
