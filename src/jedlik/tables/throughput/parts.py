"""Parts: the ranges of keys that DynamoDB calls partitions, each with a limit of its own.

A part gives 3,000 read or 1,000 write units a second, whatever its table may take (developer
guide, "Designing partition keys"). One that gives all it has is split between the keys it was
asked for, until what is hot stands alone ("DynamoDB burst and adaptive capacity": isolating
frequently accessed items): then only more keys would help, and its requests are throttled.

A place is the token of a partition key, followed by the sort key where `by_sort` is set: item
collections are split, too, once they are what is hot, but not on a table with local indexes. Where
keys are watched (`watches.py`) places say the sort key from the start, which changes no split.

Balances are times: `dry_until[i]` is when part i has something again. The same arithmetic as in
`lanes.py`, which does the common case of `take` by itself, because a call would cost as much.
"""

from __future__ import annotations

from bisect import bisect_right

from jedlik.values.keys import prefix_end
from jedlik.values.tokens import TOKEN_BYTES

PART_READ_UNITS = 3000
PART_WRITE_UNITS = 1000
BURST_S = 1.0
"""What a part may give at once: a second's worth. Unverified: the length."""
WARM_S = 0.5
"""From half a second's worth on, the keys asked for are remembered, to know where to split."""
SAMPLES_MAX = 16
PARTS_MAX = 1024
"""Parts of a lane at most, which bounds its memory (a megabyte, if all of them are hot)."""


class Parts:
    """The parts of one lane: of the reads, or the writes, of a table or index.

    bounds: the first place of each part but the first, in order.
    """

    __slots__ = (
        "_cuts", "_samples", "bounds", "by_sort", "dry_until", "splits_collections", "unit_s",
    )  # fmt: skip

    def __init__(self, count: int, units_per_s: float, *, splits_collections: bool) -> None:
        count = max(1, min(count, PARTS_MAX))
        self.bounds = [(i * 65536 // count).to_bytes(2, "big") for i in range(1, count)]
        self.dry_until = [0.0] * count
        self.unit_s = 1.0 / units_per_s
        self.splits_collections = splits_collections
        self.by_sort = False
        self._cuts = False
        self._samples: dict[int, list[bytes]] = {}

    def say_sort(self, wanted: bool) -> None:
        """Have places say the sort key, though nothing is split by it yet; or have them not."""
        if wanted and not self.by_sort:
            self.by_sort = self._cuts = True
        elif self._cuts and not wanted:
            self.by_sort = self._cuts = False

    def at(self, place: bytes) -> int:
        """Which part a place is in."""
        return bisect_right(self.bounds, place)

    def heat(self, i: int, place: bytes, now: float) -> None:
        """Part i was asked for a place while it is busy: remember it, and split if it is dry."""
        if self._cuts:
            place = place[:TOKEN_BYTES]
        samples = self._samples.setdefault(i, [])
        if len(samples) >= SAMPLES_MAX:
            del samples[0]
        samples.append(place)
        if self.dry_until[i] > now:
            self._split(i, samples, now)

    def grow(self, count: int) -> None:
        """At least so many parts, each of them new: a table that may take more has more parts."""
        if count > len(self.dry_until):
            says_sort = self._cuts
            self.__init__(  # type: ignore[misc]
                count, 1.0 / self.unit_s, splits_collections=self.splits_collections
            )
            self.say_sort(says_sort)

    def shift(self, by_s: float) -> None:
        """The clock has gone by so much."""
        self.dry_until = [until + by_s for until in self.dry_until]

    def _split(self, i: int, samples: list[bytes], now: float) -> None:
        if len(self.dry_until) + 2 > PARTS_MAX:
            return
        different = sorted(set(samples))
        # New parts begin with what two parts would have had left of an evenly spread load.
        if len(different) > 1:
            self._insert(i, different[len(different) // 2], now - WARM_S)
            self.dry_until[i] = self.dry_until[i + 1] = now - WARM_S
            self._samples.pop(i, None)
            return
        hot = different[0]
        # Behind all sort keys, where the place has none.
        beyond = prefix_end(hot) if len(hot) == TOKEN_BYTES else hot + b"\0"
        lower = self.bounds[i - 1] if i else b""
        upper = self.bounds[i] if i < len(self.bounds) else None
        if beyond is not None and (upper is None or beyond < upper):
            self._insert(i, beyond, now - WARM_S)
        if hot > lower:
            dry_until = self.dry_until[i]
            self.dry_until[i] = now - WARM_S
            self._insert(i, hot, dry_until)
        elif beyond == upper and self.splits_collections:
            self.by_sort = True  # it stands alone: from now on places say the sort key, too
            self._cuts = False
            samples.clear()

    def _insert(self, i: int, bound: bytes, dry_until: float) -> None:
        """Part i ends at this bound now, and part i + 1 begins there."""
        self.bounds.insert(i, bound)
        self.dry_until.insert(i + 1, dry_until)
        self._samples = {(j if j <= i else j + 1): kept for j, kept in self._samples.items()}
