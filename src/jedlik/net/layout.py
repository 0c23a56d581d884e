"""Learned layouts: one regular expression per sequence of header names.

A client sends the same headers in the same order all day; only values differ. For each sequence
seen twice on a connection, one expression is compiled that checks the names and captures every
value in a single match: a tenth of the cost of a general parser. Whatever does not match exactly
goes to the general parser, so a layout can only be faster, never laxer:

- no duplicate names, nothing that changes framing (Transfer-Encoding, Expect, Content-Encoding);
- a value is what stands between ": " and CRLF, without a leading blank, without CR; LF and NUL
  are ruled out by `clean`;
- Content-Length is plain digits; Connection says keep-alive or is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from re import Match
from typing import Any, Protocol

from .limits import Limits

# Headers that change how a message is framed or answered: always the general parser's business.
_UNLEARNABLE = frozenset(
    (b"transfer-encoding", b"expect", b"content-encoding", b"upgrade", b"te", b"trailer")
)
_VALUE = rb"([^\r \t][^\r]*)"
_BODY_UNCHECKED_MAX = 256 * 1024  # uvloop reads no more at once; so long a body need not be checked

_PARTICULAR = {
    b"content-length": rb"([0-9]{1,9})",
    b"connection": rb"((?i:keep-alive))",
    b"host": rb"([!-~]+)",
}
_ROOT = b"/"


class Plan(Protocol):
    """A short way for the requests of one layout, set by the handler's owner. Must not raise."""

    def answer(self, match: Match[bytes], body: bytes) -> Any:
        """An Answer or a Reply; a Begun or a Due (see `resume.py`); or None: the request goes to
        the handler as any other."""

    def line(self, match: Match[bytes]) -> tuple[int, int]:
        """Up to where the next request may well be the same: a header's group, and the position.

        (0, 0) if there is no such place.
        """

    def again(self, match: Match[bytes], position: int) -> Callable[[bytes, bytes], Any] | None:
        """A shorter way yet, for requests that are the same up to there: from what follows, to the
        line's end, and the body, to what `answer` gives.

        Called after `answer` has taken this one. See `repetition.py`.
        """


def header_pattern(name: bytes) -> bytes:
    """An expression for one header line, its value captured."""
    return b"%b: %b\r\n" % (re.escape(name), _PARTICULAR.get(name.lower(), _VALUE))


class Layout:
    """One sequence of header names.

    match: the compiled expression's match method. Group 1 is the method and group 2 the target,
    unless the layout is for one particular method on "/", as RPC protocols have it: then `method`
    and `target` say so and are part of the expression. groups: lower-case header name → group.
    length_group: Content-Length's group, 0 if there is none. lines: line ends in a head of this
    layout.

    plan: a short way for its requests. rests: expressions for what follows a line that the plan
    draws, by header group.

    Does not match HEAD, whose answers have no body.
    """

    __slots__ = (
        "groups",
        "length_group",
        "lines",
        "match",
        "method",
        "names",
        "plan",
        "rests",
        "target",
    )  # fmt: skip

    def __init__(self, names: Sequence[bytes], limits: Limits, root_method: bytes = b"") -> None:
        """root_method: the method, for a layout of requests to "/"; empty for all others."""
        self.names = tuple(names)
        self.method = root_method
        self.target = _ROOT if root_method else b""
        if root_method:
            line = b"%b / " % re.escape(root_method)
        else:
            line = rb"((?!HEAD )[A-Z]{1,16}) (/[!-~]{0,%d}) " % (limits.target_bytes_max - 1)
        lowered = [name.lower() for name in names]
        first_header = 1 if root_method else 3
        self.groups = {name: first_header + n for n, name in enumerate(lowered)}
        self.length_group = self.groups.get(b"content-length", 0)
        self.lines = len(names) + 2
        self.plan: Plan | None = None
        self.rests: dict[int, Any] = {}
        headers = b"".join(header_pattern(name) for name in names)
        self.match = re.compile(line + rb"HTTP/1\.1\r\n" + headers + rb"\r\n").match

    def read(self, data: bytes) -> tuple[Match[bytes], int, int] | None:
        """The match, where the head ends and the body's length, if this layout fits `data`."""
        found = self.match(data)
        if found is None:
            return None
        end = found.end()
        if data.count(b"\n", 0, end) != self.lines or data.find(b"\0", 0, end) >= 0:
            return None
        length = int(found.group(self.length_group)) if self.length_group else 0
        return found, end, length


class Layouts:
    """The layouts a server has learned; bounded in number and in how fast they are compiled."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[tuple[bytes, tuple[bytes, ...]], Layout] = {}
        self._allowance = limits.layouts_per_s_max
        self.recent: Layout | None = None  # a new connection's first guess

    def find(self, method: bytes, target: bytes, names: tuple[bytes, ...]) -> Layout | None:
        """The layout of such requests, if it was learned; names spelt as sent."""
        return self._known.get((_root_method(method, target), names))

    def learn(self, method: bytes, target: bytes, names: tuple[bytes, ...]) -> Layout | None:
        """Compile a layout; None where there cannot be one, or too many came at once."""
        lowered = [name.lower() for name in names]
        if (
            self._allowance <= 0
            or self._limits.body_bytes_max < _BODY_UNCHECKED_MAX
            or method == b"HEAD"
            or b"host" not in lowered
            or len(set(lowered)) != len(lowered)
            or not _UNLEARNABLE.isdisjoint(lowered)
        ):
            return None
        self._allowance -= 1
        if len(self._known) >= self._limits.layouts_max:
            # Connections that use it keep it; a flood of odd ones cannot take it from them.
            del self._known[next(iter(self._known))]
        root_method = _root_method(method, target)
        layout = Layout(names, self._limits, root_method)
        self._known[root_method, names] = self.recent = layout
        return layout

    def second_passed(self) -> None:
        """Renew the allowance for compiling."""
        self._allowance = self._limits.layouts_per_s_max


def _root_method(method: bytes, target: bytes) -> bytes:
    return method if target == _ROOT else b""
