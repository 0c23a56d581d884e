"""The parser's place in a statement's tokens, and what it has counted on the way.

Used by `terms.py` and `parser.py`, which share one cursor a statement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from jedlik.tables.partiql.lexer import NOT_WELL_FORMED, Token, location, tokens_of
from jedlik.tables.partiql.tree import Expression
from jedlik.values import Invalid

NESTING_MAX = 50
"""Levels of parentheses, lists, maps and NOTs. Unverified: AWS's limit is not documented."""
OPERATORS_MAX = 300
"""Operators and functions in one statement (developer guide, Service quotas, expressions)."""

TOO_NESTED = "The expression contains too many levels of nesting"
TOO_MANY_OPERATORS = "The expression contains too many operators; operator count: "

_T = TypeVar("_T")


class Cursor:
    """A walk over the tokens of one text; `refusal` is the first thing found unsupported."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.parameters = 0
        self.refusal: str | None = None
        self._tokens = tokens_of(text)
        self._position = 0
        self._operators = 0
        self._nesting = 0

    @property
    def head(self) -> Token:
        """The next token."""
        return self._tokens[self._position]

    def advance(self) -> Token:
        """The head; the next token becomes the head. The end stays."""
        head = self._tokens[self._position]
        if head.kind != "end":
            self._position += 1
        return head

    def take_symbol(self, text: str) -> bool:
        """Step over the symbol if it is the head; whether it was."""
        taken = self.head.is_symbol(text)
        self._position += taken
        return taken

    def take_keyword(self, text: str) -> bool:
        """Step over the keyword if it is the head; whether it was."""
        taken = self.head.is_keyword(text)
        self._position += taken
        return taken

    def expect_symbol(self, text: str, name: str) -> None:
        """Step over the symbol, which must be there; `name` is what the PartiQL parser calls it."""
        if not self.take_symbol(text):
            raise self.malformed(f"Expected {name}")

    def comma_list(self, element: Callable[[], _T]) -> list[_T]:
        """One element or several with commas between."""
        found = [element()]
        while self.take_symbol(","):
            found.append(element())
        return found

    def enter(self) -> None:
        """Go one level deeper; every `enter` has its `leave`."""
        self._nesting += 1
        if self._nesting > NESTING_MAX:
            raise Invalid(TOO_NESTED)

    def leave(self) -> None:
        self._nesting -= 1

    def count_operator(self) -> None:
        """One operator or function more."""
        self._operators += 1
        if self._operators > OPERATORS_MAX:
            raise Invalid(f"{TOO_MANY_OPERATORS}{self._operators}")

    def malformed(self, detail: str) -> Invalid:
        """What to raise for text that is no PartiQL."""
        return Invalid(NOT_WELL_FORMED + detail)

    def refuse(self, message: str, where: Expression | Token | None = None) -> None:
        """Remember what DynamoDB does not support; the first such thing is the one reported."""
        if self.refusal is None:
            if where is not None:
                message += location(self.text, where.offset, where.length)
            self.refusal = message
