"""Finds out where each record of a delivery goes: by its partition keys, or to the error prefix.

All that is kept of a record is a number for each piece that it becomes.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from jedlik.services.firehose import prefixes
from jedlik.services.firehose.jq_process import NO_KEYS
from jedlik.services.firehose.limits import PARTITIONS_MAX, PREFIX_CHARACTERS_MAX
from jedlik.services.firehose.partition_keys import Extractor, Keys
from jedlik.services.firehose.processing import (
    EXTRACTION_FAILED,
    TOO_MANY_PARTITIONS,
    Failed,
    Processing,
)
from jedlik.services.firehose.records import S3, Record

QUERIED_AT_ONCE = 500


@dataclass
class Target:
    """An object in the making. oldest_ms: when the oldest of its records arrived."""

    keys: Mapping[str, str]
    failed: bool
    oldest_ms: int
    key: str = ""


class Sorting:
    """What `run` has found out.

    targets: the objects. places: for each piece that is written, in order, its target; below 0, why
    it failed: `failures[~place]`. counts: how many failed, by code and text.
    """

    def __init__(self, destination: S3, processing: Processing) -> None:
        self.targets: list[Target] = []
        self.places = array("i")
        self.failures: list[Failed] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self._to = destination
        self._processing = processing
        prefix = destination.get("Prefix", "")
        self._names = sorted(
            prefixes.keys(prefix, prefixes.FROM_QUERY) | prefixes.keys(prefix, prefixes.FROM_LAMBDA)
        )
        self._by_values: dict[tuple[str, ...] | None, int] = {}
        """Targets by the values of their partition keys; None: the one of what failed."""
        self._by_reason: dict[tuple[str, str], int] = {}

    async def run(self, pages: AsyncIterator[list[Record]]) -> None:
        async with AsyncExitStack() as stack:
            extractor = None
            if self._processing.query is not None and self._names:
                extractor = await stack.enter_async_context(Extractor(self._processing.query))
            async for page in pages:
                found = await asyncio.to_thread(split, page, self._processing)
                keys = iter(await _keys_of(found, extractor))
                for record, pieces in zip(page, found, strict=True):
                    if isinstance(pieces, Failed):
                        self._fail(record, pieces)
                        continue
                    for _ in pieces:
                        self._sort(record, next(keys))

    def _sort(self, record: Record, keys: Keys) -> None:
        """Note where a piece of a record goes."""
        try:
            place = self._place_of(record, keys)
        except Failed as failed:
            self._fail(record, failed)
            return
        self.places.append(place)
        target = self.targets[place]
        target.oldest_ms = min(target.oldest_ms, record.at_ms)

    def _place_of(self, record: Record, keys: Keys) -> int:
        """Raises Failed."""
        if isinstance(keys, str):
            raise Failed(EXTRACTION_FAILED, keys)
        try:
            values = tuple(keys[name] for name in self._names)
        except KeyError:
            raise Failed(EXTRACTION_FAILED, NO_KEYS) from None
        place = self._by_values.get(values)
        if place is None:
            used = dict(zip(self._names, values, strict=True))
            self._check_prefix(record, used)
            active = len(self._by_values) - (None in self._by_values)
            if active >= PARTITIONS_MAX:
                text = f"There are more than {PARTITIONS_MAX} active partitions"
                raise Failed(TOO_MANY_PARTITIONS, text)
            place = self._by_values[values] = len(self.targets)
            self.targets.append(Target(used, False, record.at_ms))
        return place

    def _fail(self, record: Record, failed: Failed) -> None:
        reason = failed.code, failed.message
        self.counts[reason] += 1
        index = self._by_reason.setdefault(reason, len(self.failures))
        if index == len(self.failures):
            self.failures.append(failed)
        self.places.append(~index)
        place = self._by_values.get(None)
        if place is None:
            place = self._by_values[None] = len(self.targets)
            self.targets.append(Target({}, True, record.at_ms))
        target = self.targets[place]
        target.oldest_ms = min(target.oldest_ms, record.at_ms)

    def _check_prefix(self, record: Record, keys: Mapping[str, str]) -> None:
        """Raises Failed."""
        try:
            when = datetime.fromtimestamp(record.at_ms / 1000, UTC)
            prefixes.evaluated(self._to, when, seed="", keys=keys)
        except (prefixes.TooLong, UnicodeEncodeError):
            text = f"The prefix is longer than {PREFIX_CHARACTERS_MAX} characters"
            raise Failed(EXTRACTION_FAILED, text) from None


def split(page: Sequence[Record], processing: Processing) -> list[list[bytes] | Failed]:
    """The pieces that each record becomes. For a thread."""
    found: list[list[bytes] | Failed] = []
    for record in page:
        try:
            found.append(processing.expanded(record.data))
        except Failed as failed:
            found.append(failed)
    return found


async def _keys_of(
    found: Sequence[list[bytes] | Failed], extractor: Extractor | None
) -> list[Keys]:
    """The partition keys of all pieces."""
    pieces = [each for some in found if not isinstance(some, Failed) for each in some]
    if extractor is None:
        return [{}] * len(pieces)
    keys: list[Keys] = []
    for first in range(0, len(pieces), QUERIED_AT_ONCE):
        keys += await extractor.keys_of(pieces[first : first + QUERIED_AT_ONCE])
    return keys
