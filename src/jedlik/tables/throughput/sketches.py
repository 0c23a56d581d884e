"""A sketch: which keys weigh most, in bounded memory, however many there are.

Space-Saving (Metwally, Agrawal, El Abbadi, 2005): as many keys as fit are counted exactly; then a
new one takes the place of the lightest and inherits its weight. A value is never too low, and too
high by at most the total through CAPACITY; whoever weighs more than that is in it.
"""

from __future__ import annotations

import math
from heapq import heapify, heapreplace

CAPACITY = 512
BITS = 1 << 14
"""Of the bitmap that estimates how many different keys there were, once they do not fit."""


class Sketch:
    """Keys with their weights. count, total, least, most: of single observations, exact."""

    __slots__ = ("_bits", "_heap", "count", "least", "most", "total", "weights")

    def __init__(self) -> None:
        self.weights: dict[bytes, float] = {}
        self.count = 0
        self.total = 0.0
        self.least = math.inf
        self.most = 0.0
        self._heap: list[tuple[float, bytes]] = []
        self._bits: bytearray | None = None

    def add(self, key: bytes, weight: float) -> None:
        """Observe a key, with a weight above zero."""
        self.count += 1
        self.total += weight
        if weight > self.most:
            self.most = weight
        if weight < self.least:
            self.least = weight
        weights = self.weights
        before = weights.get(key)
        if before is not None:
            weights[key] = before + weight
        elif len(weights) < CAPACITY:
            weights[key] = weight
        else:
            self._replace(key, weight)

    def top(self, count: int) -> list[tuple[bytes, float]]:
        """The heaviest keys with their weights, the heaviest first."""
        order = sorted(self.weights.items(), key=lambda each: (-each[1], each[0]))
        return order[:count]

    def unique(self) -> int:
        """About how many different keys there were; exact as long as they fitted."""
        if self._bits is None:
            return len(self.weights)
        # Linear counting: from how many bits are still clear.
        clear = BITS - int.from_bytes(self._bits, "big").bit_count()
        return round(BITS * math.log(BITS / max(1, clear)))

    def _replace(self, key: bytes, weight: float) -> None:
        """Take the place of the lightest key. Weights in the heap may be old, thus too low: they
        are brought up to date when they come up."""
        weights, heap = self.weights, self._heap
        if not heap:
            heap.extend((each, name) for name, each in weights.items())
            heapify(heap)
            self._bits = bytearray(BITS // 8)
            for name in weights:
                self._mark(self._bits, name)
        while (now := weights[heap[0][1]]) != heap[0][0]:
            heapreplace(heap, (now, heap[0][1]))
        lightest, loser = heap[0]
        del weights[loser]
        weights[key] = lightest + weight
        heapreplace(heap, (lightest + weight, key))
        assert self._bits is not None
        self._mark(self._bits, key)

    def _mark(self, bits: bytearray, key: bytes) -> None:
        place = hash(key) % BITS
        bits[place >> 3] |= 1 << (place & 7)
