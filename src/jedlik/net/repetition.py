"""Repetitions: requests that begin, byte for byte, like the one before them.

Within a second a busy client sends the same method, headers, date and credentials again and again;
only what stands near the end of the head differs: a signature, a length. When two requests in a
row began alike up to where the layout's plan draws the line, the connection remembers that
beginning. The next request is compared with it (one memcmp) and only the rest is parsed.

As a layout, it can only be faster, never laxer: the beginning has been through the layout's match,
and the rest is held to the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match
from typing import Any

from .layout import Layout, header_pattern
from .request import LearnedRequest

Again = Callable[[Match[bytes], bytes], Any]
"""A plan for the rest: group 1 of the match is what follows the beginning, up to the line's end."""


class Rest:
    """What follows the line drawn in one header of a layout, as an expression.

    length_group: Content-Length's group, 0 if it comes before the line. lines: line ends.
    """

    __slots__ = ("length_group", "lines", "match")

    def __init__(self, layout: Layout, group: int) -> None:
        first = min(layout.groups.values())
        names = layout.names[group - first + 1 :]
        lowered = [name.lower() for name in names]
        self.length_group = (
            2 + lowered.index(b"content-length") if layout.length_group > group else 0
        )
        self.lines = len(names) + 2
        headers = b"".join(header_pattern(name) for name in names)
        self.match = re.compile(rb"([^\r]*)\r\n" + headers + rb"\r\n").match


class Repetition:
    """A beginning and what to do with a request that has it.

    request: the one it was taken from; for the reply, all its like are the same.
    """

    __slots__ = (
        "again",
        "beginning",
        "length",
        "length_group",
        "lines",
        "match",
        "request",
        "start",
    )

    def __init__(self, request: LearnedRequest, beginning: bytes, rest: Rest, again: Again) -> None:
        layout = request.layout
        self.request = request
        self.beginning = beginning
        self.start = len(beginning)
        self.match = rest.match
        self.lines = rest.lines
        self.length_group = rest.length_group
        self.length = (
            int(request.match[layout.length_group])
            if layout.length_group and not rest.length_group
            else 0
        )
        self.again = again
