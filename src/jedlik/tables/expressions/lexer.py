"""Cuts an expression into tokens. One grammar of tokens serves every kind of expression."""

from __future__ import annotations

import re
from typing import NamedTuple

# Words that are never names, whatever the kind of expression they stand in.
KEYWORDS = frozenset(("and", "or", "not", "in", "between", "set", "add", "delete", "remove"))

_token = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<word>[A-Za-z][A-Za-z0-9_]*)
      | (?P<alias>\#[A-Za-z0-9_]+)
      | (?P<value>:[A-Za-z0-9_]+)
      | (?P<number>0|[1-9][0-9]*)
      | (?P<sign><>|<=|>=|[=<>()\[\],.+-])
      | (?P<stray>.)
    )""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """kind: word, alias (#a), value (:a), number, stray, end, or the keyword or sign itself."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """All tokens, the last of kind "end". Never fails: what fits nothing is a stray."""
    tokens = []
    for found in _token.finditer(text.rstrip(" \t\r\n")):
        kind = found.lastgroup or "stray"
        part = found[kind]
        if kind == "sign":
            kind = part
        elif kind == "word":
            lower = part.lower()
            if lower in KEYWORDS:
                kind = lower
        tokens.append(Token(kind, part, found.start(found.lastgroup or 0), found.end()))
    tokens.append(Token("end", "<EOF>", len(text), len(text)))
    return tokens
