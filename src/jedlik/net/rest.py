"""The rest of a repeated request: what follows the beginning that is known, to the body's end.

    beginning | varies CRLF  header: value CRLF …  CRLF | body

`rest.pyx` is this module for the compiled form: the same names, the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .layout import header_pattern


class Rest:
    """names: of the headers that follow the line in which the beginning ends, spelt as sent.

    has_length: whether Content-Length is one of them.
    """

    __slots__ = ("_length_group", "_lines", "_match", "has_length")

    def __init__(self, names: Sequence[bytes]) -> None:
        lowered = [name.lower() for name in names]
        self.has_length = b"content-length" in lowered
        self._length_group = 2 + lowered.index(b"content-length") if self.has_length else 0
        self._lines = len(names) + 2
        headers = b"".join(header_pattern(name) for name in names)
        self._match = re.compile(rb"([^\r]*)\r\n" + headers + rb"\r\n").match

    def read(self, data: bytes, beginning: bytes, length: int) -> tuple[bytes, bytes] | None:
        """What varies, and the body, if `data` is one whole request of this kind; else None.

        length: the body's, if it is told before.
        """
        if not data.startswith(beginning):
            return None
        start = len(beginning)
        match = self._match(data, start)
        if match is None:
            return None
        end = match.end()
        group = self._length_group
        if (
            end + (int(match[group]) if group else length) != len(data)
            or data.count(b"\n", start, end) != self._lines
            or data.find(b"\0", start, end) >= 0
        ):
            return None
        return match[1], data[end:]
