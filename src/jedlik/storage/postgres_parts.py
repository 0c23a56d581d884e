"""Which `part` a row, a log or a tally lies in: what statements pin, and Citus distributes by.

    part = (space // 64) * 4096 + bucket      bucket: the token's place among `count` equal ranges

Rows of one partition key in spaces of one block of 64 (a table, its item collections and its local
indexes) share a part, so that on Citus a write of them stays on one machine. `count` is fixed when
the store is made. The log of (space, lane) lies in bucket `lane % count`.
"""

from __future__ import annotations

from jedlik.storage.waist import SPACES_PER_BLOCK, Key

PARTS_PER_BLOCK = 4096


class Parts:
    def __init__(self, count: int) -> None:
        assert 1 <= count <= PARTS_PER_BLOCK
        self.count = count

    def of_key(self, key: Key) -> int:
        token = key[1]
        high = (token[0] << 8 | token[1]) if len(token) > 1 else int.from_bytes(token, "big") << 8
        return (key[0] // SPACES_PER_BLOCK) << 12 | high * self.count >> 16

    def of_log(self, space: int, lane: int) -> int:
        return (space // SPACES_PER_BLOCK) << 12 | lane % self.count

    def of_space(self, space: int) -> range:
        """Every part that the space can have rows, logs or tallies in."""
        first = (space // SPACES_PER_BLOCK) << 12
        return range(first, first + self.count)

    def tokens(self, part: int) -> tuple[bytes, bytes | None]:
        """The range of tokens of a part: from, and up to but without (None: to the end)."""
        bucket = part % PARTS_PER_BLOCK
        last = bucket + 1 == self.count
        return self._begin(bucket), None if last else self._begin(bucket + 1)

    def _begin(self, bucket: int) -> bytes:
        return (-(-bucket * 65536 // self.count)).to_bytes(2, "big") if bucket else b""
