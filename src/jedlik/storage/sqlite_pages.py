"""A cache of answers to `range`: what is asked of one partition again costs a look-up.

It holds what is published, like the row cache; whatever is published for a partition makes the
engine forget all pages of that partition, so that no page is ever older than a row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, TypeAlias

from jedlik.storage.waist import Key, Page

Place: TypeAlias = tuple[int, bytes]
"""(space, token)"""

_ENTRY_OVERHEAD = 250  # bytes of the tuple and the objects in it
_PAGE_OVERHEAD = 600
_LARGEST = 8  # a page larger than this part of the limit is not kept


class PageCache:
    __slots__ = ("_byte_limit", "_partitions", "bytes")

    def __init__(self, byte_limit: int) -> None:
        self.bytes = 0
        self._byte_limit = byte_limit
        self._partitions: OrderedDict[Place, _Partition] = OrderedDict()

    def __len__(self) -> int:
        return len(self._partitions)

    def find(self, place: Place, asked: tuple[Any, ...]) -> Page | None:
        partition = self._partitions.get(place)
        if partition is None:
            return None
        page = partition.pages.get(asked)
        if page is None:
            return None
        self._partitions.move_to_end(place)
        return Page(page.entries.copy(), page.more)  # the caller may do to it what it likes

    def put(self, place: Place, asked: tuple[Any, ...], page: Page) -> None:
        size = _PAGE_OVERHEAD
        for entry in page.entries:
            size += _ENTRY_OVERHEAD + len(entry[1]) + len(entry[4])
        if size * _LARGEST > self._byte_limit:
            return
        partition = self._partitions.get(place)
        if partition is None:
            partition = self._partitions[place] = _Partition()
        partition.pages[asked] = Page(page.entries.copy(), page.more)
        partition.bytes += size
        self.bytes += size
        while self.bytes > self._byte_limit:
            _, dropped = self._partitions.popitem(last=False)
            self.bytes -= dropped.bytes

    def forget(self, place: Place) -> None:
        partition = self._partitions.pop(place, None)
        if partition is not None:
            self.bytes -= partition.bytes

    def forget_those_of(self, keys: Iterable[Key]) -> None:
        """Forget all pages of these keys' partitions."""
        partitions = self._partitions
        if partitions:
            for space, token, _, _ in keys:
                if (space, token) in partitions:
                    self.forget((space, token))

    def forget_space(self, space: int) -> None:
        for place in [place for place in self._partitions if place[0] == space]:
            self.forget(place)


class _Partition:
    __slots__ = ("bytes", "pages")

    def __init__(self) -> None:
        self.bytes = 0
        self.pages: dict[tuple[Any, ...], Page] = {}
