"""Which bytes of an object are meant, and where they are."""

from __future__ import annotations

import re
from typing import NamedTuple

from jedlik.services.s3.errors import invalid_argument, invalid_range
from jedlik.services.s3.records import Part, Version
from jedlik.services.s3.sealing import Stretch
from jedlik.services.s3.store import Store

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")
_COPY_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})")


class Range(NamedTuple):
    """start and end of a stretch; end is not part of it."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def read_range(text: str | None, size: int) -> Range | None:
    """The stretch that a Range header asks for; None for the whole.

    What cannot be understood, and several ranges at once, give the whole, as S3 does. Raises
    InvalidRange for one that has no byte in the object.
    """
    found = _RANGE.fullmatch(text) if text else None
    if found is None or text is None:
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        if int(last) == 0 or size == 0:
            raise invalid_range(text, size)
        return Range(max(0, size - int(last)), size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise invalid_range(text, size)
    return Range(start, min(size, int(last) + 1) if last else size)


def read_copy_range(text: str | None, size: int) -> Range:
    """The stretch that a part is copied from; all of it without a header."""
    if text is None:
        return Range(0, size)
    found = _COPY_RANGE.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        raise invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
            "and last are the zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range",
            text,
        )
    if int(found[2]) >= size:
        raise invalid_argument(
            f"Range specified is not valid for source object of size: {size}",
            "x-amz-copy-source-range",
            text,
        )
    return Range(int(found[1]), int(found[2]) + 1)


async def stretches_of(store: Store, version: Version, wanted: Range) -> list[Stretch]:
    """Where the bytes are."""
    if not wanted.length:
        return []
    if not version.layout:
        return [Stretch(version.blob, wanted.start, wanted.length, version.size)]
    return stretches_in(await store.layout(version), wanted)


def stretches_in(parts: list[Part], wanted: Range) -> list[Stretch]:
    stretches = []
    at = 0
    for part in parts:
        start, end = max(wanted.start, at), min(wanted.end, at + part.size)
        if start < end:
            stretches.append(Stretch(part.blob, start - at, end - start, part.size))
        at += part.size
        if at >= wanted.end:
            break
    return stretches


def part_range(parts: list[Part], number: int) -> Range | None:
    """The stretch of the part with that place in the object, counted from 1."""
    at = 0
    for place, part in enumerate(parts, 1):
        if place == number:
            return Range(at, at + part.size)
        at += part.size
    return None
