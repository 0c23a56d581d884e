"""The ramp: what an on-demand table or index may take, which grows with what it has taken.

"Up to double the previous peak traffic within 30 minutes" (developer guide, "On-demand capacity
mode"): twice the busiest minute that ended at least half an hour ago. What was once reached stays.
Unverified: how AWS measures a peak; a minute's average is what CloudWatch shows.
"""

from __future__ import annotations

RAMP_S = 1800.0
"""How long a new peak must be ago before twice as much is allowed."""
PEAKS_MAX = 64


class Ramp:
    """allowed: units a second that may be taken. Begins with what the table or index is given."""

    __slots__ = ("_peaks", "allowed")

    def __init__(self, allowed: float) -> None:
        self.allowed = allowed
        self._peaks: list[tuple[float, float]] = []

    def observe(self, ended_s: float, units_per_s: float) -> None:
        """A minute has ended in which so much was taken, on the average."""
        peaks = self._peaks
        if units_per_s * 2 <= self.allowed or (peaks and units_per_s <= peaks[-1][1]):
            return
        if len(peaks) >= PEAKS_MAX:
            peaks.pop()
        peaks.append((ended_s, units_per_s))

    def grow(self, now: float) -> bool:
        """Allow what the peaks of half an hour ago promise; whether that is more than before."""
        grown = False
        while self._peaks and self._peaks[0][0] <= now - RAMP_S:
            _, peak = self._peaks.pop(0)
            if peak * 2 > self.allowed:
                self.allowed = peak * 2
                grown = True
        return grown

    def lift(self, units_per_s: float) -> None:
        """Allow at least so much from now on: warm throughput that was asked for."""
        if units_per_s > self.allowed:
            self.allowed = units_per_s
