"""Forms of bodies: JSON texts that are one another's like but for some strings.

A client asks for one item after the other in words that are the same up to the key's value. From
one such body a form is made; another body either has the form, and then its strings are at hand
without decoding it, or it has not, and is decoded. As with learned layouts of heads, a form can
only be faster, never laxer: everything but the strings is compared byte for byte, and the strings
are printable ASCII without an escape. `body_pieces.py` finds where they stand. `body_forms.pyx` is
this module for the compiled form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

is_plain = re.compile(rb"[ !#-\[\]-~]+").fullmatch


class BodyForm:
    """pieces: what stands before, between and behind the strings, with their quotes."""

    __slots__ = ("_first", "_others")

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._first, *self._others = pieces

    def read(self, body: bytes) -> list[bytes] | None:
        """The strings in the order in which they stand there; None for a body of another form."""
        if not body.startswith(self._first):
            return None
        found = []
        start = len(self._first)
        for piece in self._others:
            end = body.find(b'"', start)
            if end < 0 or not body.startswith(piece, end) or not is_plain(body, start, end):
                return None
            found.append(body[start:end])
            start = end + len(piece)
        return found if start == len(body) else None
