"""Which keys an import has put so far, as far as it must know: a Bloom filter.

Of a key that it has not seen it is certain that the new table has no such item, so nobody has to
look for one. Of a few others it says, wrongly, that it has seen them; then somebody looks.
"""

from __future__ import annotations

from jedlik.tables.keys import Key

_BITS = 1 << 25
"""4 MB. Of three million keys one in a hundred is taken for another; of thirty million, most."""
_BITS_PER_KEY = 4


class SeenKeys:
    """Keys, in a bounded place."""

    def __init__(self) -> None:
        self._bits = bytearray(_BITS >> 3)

    def add(self, key: Key) -> bool:
        """Note a key; whether it may have been noted before."""
        bits, mixed = self._bits, hash((key.token, key.sort))
        at, step = mixed & (_BITS - 1), (mixed >> 32) | 1
        seen = True
        for _ in range(_BITS_PER_KEY):
            byte, bit = at >> 3, 1 << (at & 7)
            if not bits[byte] & bit:
                seen = False
                bits[byte] |= bit
            at = (at + step) & (_BITS - 1)
        return seen
