"""Repetitions: requests that begin, byte for byte, like the one before them.

Within a second a busy client sends the same method, headers, date and credentials again and again;
only what stands near the end of the head differs: a signature, a length. When two requests in a
row began alike up to where the layout's plan draws the line, the connection remembers that
beginning. The next request is compared with it (one memcmp) and only the rest is parsed.

As a layout, it can only be faster, never laxer: the beginning has been through the layout's match,
and the rest is held to the same rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .layout import Layout
from .request import LearnedRequest
from .rest import Rest

Again = Callable[[bytes, bytes], Any]
"""A plan for the rest: what follows the beginning, up to the line's end; and the body."""


def rest_of(layout: Layout, group: int) -> Rest:
    """What follows the line drawn in one header of a layout; made once."""
    rest = layout.rests.get(group)
    if rest is None:
        first = min(layout.groups.values())
        rest = layout.rests[group] = Rest(layout.names[group - first + 1 :])
    return rest


class Repetition:
    """A beginning and what to do with a request that has it.

    request: the one it was taken from; for the reply, all its like are the same. length: of the
    body, where the beginning tells it. read: `Rest.read`.
    """

    __slots__ = ("again", "beginning", "length", "read", "request")

    def __init__(self, request: LearnedRequest, beginning: bytes, rest: Rest, again: Again) -> None:
        layout = request.layout
        self.request = request
        self.beginning = beginning
        self.read = rest.read
        group = layout.length_group
        self.length = int(request.match[group]) if group and not rest.has_length else 0
        self.again = again
