"""From a query's text to tokens, and the parser's place among them. Raises Fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from jedlik.services.s3_select.faults import Fault, expected, not_supported, unexpected
from jedlik.services.s3_select.syntax import Name

DEPTH_MAX = 60
"""Expressions in each other. Unverified: the reference names no limit."""
RESERVED = frozenset((
    "AND", "OR", "NOT", "SELECT", "FROM", "WHERE", "LIMIT", "AS", "IS", "IN", "LIKE", "BETWEEN",
    "ESCAPE", "CASE", "WHEN", "THEN", "ELSE", "END", "NULL", "MISSING", "TRUE", "FALSE", "CAST",
    "GROUP", "ORDER", "HAVING", "JOIN", "UNION", "DISTINCT",
))  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<ion>`[^`]*`)
      | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*)
      | (?P<mark><>|!=|<=|>=|\|\||[-+*/%=<>(),.\[\]])""",
    re.X,
)
_T = TypeVar("_T")


class Token(NamedTuple):
    """kind: as the groups of the pattern are called, or "end". text: as it stands in the query,
    quotes and all. at: its place, from 1."""

    kind: str
    text: str
    at: int

    @property
    def is_name(self) -> bool:
        """Whether it can name something."""
        return self.kind in ("word", "quoted")

    @property
    def is_reserved(self) -> bool:
        return self.kind == "word" and self.text.upper() in RESERVED

    @property
    def is_digits(self) -> bool:
        return self.kind == "number" and self.text.isdigit()

    def is_word(self, word: str) -> bool:
        return self.kind == "word" and self.text.upper() == word

    def is_mark(self, mark: str) -> bool:
        return self.kind == "mark" and self.text == mark

    def name(self) -> Name:
        if self.kind == "quoted":
            return Name(self.text[1:-1].replace('""', '"'), True)
        return Name(self.text)

    def string(self) -> str:
        return self.text[1:-1].replace("''", "'")


def tokens(text: str) -> list[Token]:
    found = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Fault(
                "LexerInvalidChar",
                f"The SQL expression contains an invalid character at position {at + 1}.",
            )
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], at + 1))
        at = match.end()
    found.append(Token("end", "", at + 1))
    return found


class Cursor:
    """A walk over the tokens of one query. What is taken is stepped over if it is there; what is
    expected must be."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def head(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def advance(self) -> Token:
        """The head; the next token becomes the head. The end stays."""
        token = self.head
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def take_mark(self, mark: str) -> bool:
        taken = self.head.is_mark(mark)
        self._at += taken
        return taken

    def expect_mark(self, mark: str) -> None:
        token = self.advance()
        if not token.is_mark(mark):
            raise unexpected(token.text, token.at)

    def take_word(self, *words: str) -> str | None:
        """Which of them it was."""
        for word in words:
            if self.head.is_word(word):
                self._at += 1
                return word
        return None

    def expect_word(self, word: str) -> None:
        if not self.take_word(word):
            raise expected(word, self.head.at)

    def name(self) -> Name:
        token = self.advance()
        if not token.is_name:
            raise unexpected(token.text, token.at)
        return token.name()

    def comma_list(self, element: Callable[[Cursor], _T]) -> list[_T]:
        """One element or several with commas between."""
        found = [element(self)]
        while self.take_mark(","):
            found.append(element(self))
        return found

    def enter(self) -> None:
        """Go one expression deeper; every `enter` has its `leave`."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise not_supported("an expression as deep as this")

    def leave(self) -> None:
        self._depth -= 1
