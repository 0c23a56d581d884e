"""Matching texts against patterns with `*` and `?`, without backtracking.

A pattern comes as parts: text in which the wildcards mean something, and text that is literal
(what a variable stood for, `${*}`). Between two `*` lies a segment that is looked for once, from
left to right; so a hostile pattern costs no more than its length times the text's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

Matches = Callable[[str], bool]


class Part(NamedTuple):
    """wild: whether `*` and `?` in the text are wildcards."""

    text: str
    wild: bool


ARN_COLONS = 5


def glob(parts: Iterable[Part]) -> Matches:
    """A function that says whether the whole of a text matches."""
    segments = _segments(parts)
    if len(segments) == 1:
        only = segments[0]
        if isinstance(only, str):
            return only.__eq__
        return lambda text: only.fullmatch(text) is not None
    first, *middle, last = segments
    if first == "" and last == "" and not middle:
        return lambda text: True
    if isinstance(first, str) and last == "" and not middle:
        return lambda text: text.startswith(first)
    return lambda text: _matches(text, first, middle, last)


def arn_glob(parts: Sequence[Part], *, whole: bool = True) -> Matches:
    """As `glob`, but a wildcard of one of an ARN's six parts does not reach into the next.

    A pattern of fewer parts ("*", "arn:aws:s3*") is matched against the whole text; unless
    `whole`, only "*" is.
    """
    fields = _fields(parts)
    if len(fields) <= ARN_COLONS:
        if whole or parts[0].text == "*":
            return glob(parts)
        return lambda text: False
    matches = [glob(field) for field in fields]

    def matches_arn(text: str) -> bool:
        found = text.split(":", ARN_COLONS)
        return len(found) == len(matches) and all(
            match(field) for match, field in zip(matches, found, strict=True)
        )

    return matches_arn


_Segment = str | re.Pattern[str]


def _segments(parts: Iterable[Part]) -> list[_Segment]:
    """What stands between the `*`s: text, or an expression where there are `?`s."""
    found: list[list[Part]] = [[]]
    for part in parts:
        pieces = part.text.split("*") if part.wild else [part.text]
        for i, piece in enumerate(pieces):
            if i:
                found.append([])
            if piece:
                found[-1].append(Part(piece, part.wild))
    return [_segment(pieces) for pieces in found]


def _segment(pieces: Sequence[Part]) -> _Segment:
    if not any(piece.wild and "?" in piece.text for piece in pieces):
        return "".join(piece.text for piece in pieces)
    expression = "".join(
        ".".join(map(re.escape, piece.text.split("?"))) if piece.wild else re.escape(piece.text)
        for piece in pieces
    )
    return re.compile(expression, re.DOTALL)


def _matches(text: str, first: _Segment, middle: Sequence[_Segment], last: _Segment) -> bool:
    at = _length_at(first, text, 0)
    if at is None:
        return False
    for segment in middle:
        if isinstance(segment, str):
            found = text.find(segment, at)
            if found < 0:
                return False
            at = found + len(segment)
        else:
            match = segment.search(text, at)
            if match is None:
                return False
            at = match.end()
    if isinstance(last, str):
        return len(text) - len(last) >= at and text.endswith(last)
    size = _size(last)
    return len(text) - size >= at and last.fullmatch(text, len(text) - size) is not None


def _length_at(segment: _Segment, text: str, at: int) -> int | None:
    """Where a segment that must begin at a place ends."""
    if isinstance(segment, str):
        return at + len(segment) if text.startswith(segment, at) else None
    match = segment.match(text, at)
    return None if match is None else match.end()


def _size(segment: re.Pattern[str]) -> int:
    """How long the texts are that such an expression matches: it is escaped text and dots."""
    return len(re.sub(r"\\(.)", r"\1", segment.pattern, flags=re.DOTALL))


def _fields(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts cut at the first five colons of the pattern's own text."""
    found: list[list[Part]] = [[]]
    for part in parts:
        text = part.text
        while part.wild and len(found) <= ARN_COLONS and ":" in text:
            head, _, text = text.partition(":")
            found[-1].append(Part(head, True))
            found.append([])
        found[-1].append(Part(text, part.wild))
    return found
