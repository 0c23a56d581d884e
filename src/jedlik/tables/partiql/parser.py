"""PartiQL statements: text to tree, in AWS's words when it is refused.

Called through `parse`. Two kinds of refusal: text that is no PartiQL ("Statement wasn't well
formed, can't be processed: …", with the detail that the PartiQL parser published by AWS gives) is
refused on the spot; PartiQL that DynamoDB does not support (aliases, LIMIT, joins, …) is remembered
and refused only once the whole text has proved to be PartiQL, as AWS does. Never looks at a table
or at parameters' values.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast

from jedlik.tables.partiql.cursor import Cursor
from jedlik.tables.partiql.terms import BAD_COMPONENT, Terms
from jedlik.tables.partiql.tree import (
    Assign,
    Delete,
    Exists,
    Expression,
    Insert,
    Operator,
    Other,
    Path,
    Remove,
    Returning,
    Select,
    Statement,
    Step,
    Struct,
    Update,
)
from jedlik.values import Invalid

CACHED_STATEMENTS_MAX = 512
CACHED_LENGTH_MAX = 512
"""Longer statements are parsed each time: a cache of large trees would cost too much memory."""

BAD_TABLE_NAME = (
    "Table name should be within the length [3, 255] and only contain "
    "'a-z', 'A-Z', '0-9', '-', '_', '.'."
)
ALIASED = "Aliasing is not supported"
ONE_TABLE = "FROM clause may only contain a single table name in data manipulation statements"
ONE_SOURCE = "Only select from a single table or index is supported."
BAD_SOURCE = "Unexpected from source"
NO_EXISTS = "EXISTS can only be used in ExecuteTransaction write requests."
STAR_IS_NOT_ALONE = (
    "Other expressions may not be present in the select list when '*' is used without dot notation."
)

_is_table_name = re.compile(r"[a-zA-Z0-9_.-]{3,255}\Z").match
_BEGINNINGS = frozenset(("select", "insert into", "update", "delete", "from", "exists"))


def parse(text: str) -> Statement:
    """The statement that a text is; raises Invalid with AWS's text."""
    return _kept(text) if len(text) <= CACHED_LENGTH_MAX else _Parser(text).statement()


@lru_cache(maxsize=CACHED_STATEMENTS_MAX)
def _kept(text: str) -> Statement:
    """Parsing is pure, so its answers are kept."""
    return _Parser(text).statement()


class _Parser:
    """One walk over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._cursor = Cursor(text)
        self._terms = Terms(self._cursor)

    def statement(self) -> Statement:
        does = self._operator()
        self._cursor.take_symbol(";")
        if self._cursor.head.kind != "end":
            raise self._cursor.malformed("Unexpected token after expression")
        if self._cursor.refusal is not None:
            raise Invalid(self._cursor.refusal)
        assert does is not None
        return Statement(self._cursor.text, does, self._cursor.parameters)

    def _operator(self) -> Operator | None:
        head = self._cursor.head
        if head.kind == "end":
            raise self._cursor.malformed("Unexpected term")
        if head.is_keyword("create", "drop"):
            self._definition()
            return None
        if head.kind != "keyword" or head.text not in _BEGINNINGS:
            raise self._cursor.malformed("Expected data manipulation")
        self._cursor.advance()
        if head.text == "select":
            return self._select()
        if head.text == "insert into":
            return self._insert()
        if head.text == "update":
            return self._update()
        if head.text == "delete":
            return self._delete()
        if head.text == "from":
            return self._from_first()
        return self._exists()

    def _definition(self) -> None:
        """CREATE and DROP: PartiQL, but not here."""
        verb = self._cursor.advance().text.capitalize()
        what = self._cursor.advance()
        if not what.is_keyword("table", "index"):
            raise self._cursor.malformed(f"Unexpected token following {verb.upper()}")
        self._cursor.refuse(f"Unsupported operation: {verb}{what.text.capitalize()}")
        while self._cursor.head.kind != "end" and not self._cursor.head.is_symbol(";"):
            self._cursor.advance()

    def _exists(self) -> Exists:
        self._cursor.expect_symbol("(", "LEFT_PAREN")
        if not self._cursor.head.is_keyword("select"):
            self._cursor.refuse(NO_EXISTS)
            self._terms.expression()
            self._cursor.expect_symbol(")", "RIGHT_PAREN")
            return Exists(Select("", None, None, None))
        self._cursor.advance()
        select = self._select()
        self._cursor.expect_symbol(")", "RIGHT_PAREN")
        return Exists(select)

    def _select(self) -> Select:
        if self._cursor.take_keyword("distinct"):
            self._cursor.refuse("Unsupported token in expression: DISTINCT")
        else:
            self._cursor.take_keyword("all")
        projection = self._projection()
        if not self._cursor.take_keyword("from"):
            raise self._cursor.malformed("Expected FROM after SELECT list")
        table, index = self._source()
        where = self._terms.expression() if self._cursor.take_keyword("where") else None
        order = self._order()
        self._unsupported_clauses()
        return Select(table, index, projection, where, order)

    def _projection(self) -> tuple[Path, ...] | None:
        if self._cursor.take_keyword("value"):
            self._cursor.refuse("Select projection doesn't support value or pivot keywords")
            self._terms.expression()
            return None
        if self._cursor.take_symbol("*"):
            if self._cursor.head.is_symbol(","):
                raise self._cursor.malformed(STAR_IS_NOT_ALONE)
            self._alias()
            return None
        return tuple(self._cursor.comma_list(self._projected))

    def _projected(self) -> Path:
        if self._cursor.head.is_symbol("*"):
            raise self._cursor.malformed(STAR_IS_NOT_ALONE)
        expression = self._terms.expression()
        self._alias()
        if isinstance(expression, Path):
            return expression
        if isinstance(expression, Other) and expression.name == "unpivot":
            self._cursor.refuse("Changing item's hierarchy while reading isn't supported")
        self._cursor.refuse(BAD_COMPONENT, expression)
        return Path(("",), expression.offset, expression.length)

    def _alias(self) -> None:
        if self._cursor.take_keyword("as"):
            if self._cursor.head.kind not in ("name", "quoted"):
                raise self._cursor.malformed("Expected identifier for alias")
        elif self._cursor.head.kind not in ("name", "quoted"):
            return
        self._cursor.advance()
        self._cursor.refuse(ALIASED)

    def _source(self) -> tuple[str, str | None]:
        """FROM's table and index."""
        steps = self._one_source()
        while True:
            if self._cursor.take_symbol(","):
                self._cursor.refuse(ONE_SOURCE)
                self._one_source()
            elif self._cursor.head.kind == "keyword" and self._cursor.head.text.endswith("join"):
                joined = self._cursor.advance()
                self._cursor.refuse(ONE_SOURCE)
                self._one_source()
                if self._cursor.take_keyword("on"):
                    self._terms.expression()
                elif joined.text != "cross join":
                    raise self._cursor.malformed("Expected ON")
            else:
                break
        if len(steps) > 2:
            self._cursor.refuse("A path may contain at most 2 components in the FROM clause")
        table = self._table_name(steps[0])
        return table, str(steps[1]) if len(steps) > 1 else None

    def _one_source(self) -> tuple[Step, ...]:
        expression = self._terms.expression()
        self._alias()
        if isinstance(expression, Path) and all(isinstance(s, str) for s in expression.steps):
            return expression.steps
        self._cursor.refuse(BAD_SOURCE)
        return ("",)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._cursor.take_keyword("order"):
            return ()
        if not self._cursor.take_keyword("by"):
            raise self._cursor.malformed("Expected BY")
        return tuple(self._cursor.comma_list(self._order_key))

    def _order_key(self) -> tuple[str, bool]:
        expression = self._terms.expression()
        descending = self._cursor.take_keyword("desc")
        if not descending:
            self._cursor.take_keyword("asc")
        if isinstance(expression, Path) and len(expression.steps) == 1:
            return str(expression.steps[0]), descending
        written = self._cursor.text[expression.offset : expression.offset + expression.length]
        self._cursor.refuse(
            f"Argument to ORDER BY must be of type VariableReference. Type: {written}"
        )
        return "", descending

    def _unsupported_clauses(self) -> None:
        if self._cursor.take_keyword("group"):
            self._cursor.take_keyword("partial")
            if not self._cursor.take_keyword("by"):
                raise self._cursor.malformed("Expected BY")
            self._cursor.comma_list(self._grouped)
            self._cursor.refuse("Unsupported clause: GROUP BY")
        for clause in ("having", "limit"):
            if self._cursor.take_keyword(clause):
                self._cursor.refuse(
                    f"Unsupported clause: {clause.upper()}", self._terms.expression()
                )

    def _grouped(self) -> Expression:
        expression = self._terms.expression()
        self._alias()
        return expression

    def _insert(self) -> Insert | None:
        table = self._target(ONE_TABLE)
        if not self._cursor.take_keyword("value"):
            self._terms.expression()
            self._cursor.refuse("Unsupported operation: InsertOp")
            return None
        item = self._terms.expression()
        if self._cursor.take_keyword("at"):
            self._terms.expression()
            self._cursor.refuse("AT is not supported in INSERT")
        if self._cursor.take_keyword("on conflict"):
            raise self._cursor.malformed("invalid ON CONFLICT syntax")
        if self._cursor.head.is_keyword("returning"):
            self._returning()
            self._cursor.refuse("RETURNING is not supported in INSERT")
        if not isinstance(item, Struct):
            self._cursor.refuse(
                "Unsupported format in item expression. Please use struct format {...} to express "
                "item values for insert statement.",
                item,
            )
        return Insert(table, item)

    def _update(self) -> Update:
        table = self._target(BAD_TABLE_NAME)
        self._alias()
        actions = self._actions()
        where = self._terms.expression() if self._cursor.take_keyword("where") else None
        return Update(table, actions, where, self._returning())

    def _from_first(self) -> Update:
        """`FROM table WHERE … SET …`, PartiQL's own order of an update."""
        table, index = self._source()
        if index is not None:
            self._cursor.refuse(ONE_TABLE)
        where = self._terms.expression() if self._cursor.take_keyword("where") else None
        actions = self._actions()
        return Update(table, actions, where, self._returning())

    def _delete(self) -> Delete:
        if not self._cursor.take_keyword("from"):
            raise self._cursor.malformed("Expected FROM after DELETE")
        table = self._target(BAD_TABLE_NAME)
        self._alias()
        where = self._terms.expression() if self._cursor.take_keyword("where") else None
        returning = self._returning()
        if returning not in (None, "ALL_OLD"):
            self._cursor.refuse(
                f"Invalid returning clause: RETURNING {returning.replace('_', ' ')} *. "
                "Only RETURNING ALL OLD * is allowed in DELETE statements."
            )
        return Delete(table, where, returning)

    def _target(self, refusal: str) -> str:
        """The table of a write; an index cannot be written to."""
        steps = self._terms.simple_path().steps
        if len(steps) > 1:
            self._cursor.refuse(refusal)
        return self._table_name(steps[0])

    def _table_name(self, name: Step) -> str:
        if not _is_table_name(str(name)):
            self._cursor.refuse(BAD_TABLE_NAME)
        return str(name)

    def _actions(self) -> tuple[Assign | Remove, ...]:
        actions: list[Assign | Remove] = []
        while True:
            if self._cursor.take_keyword("set"):
                actions += self._cursor.comma_list(self._assignment)
            elif self._cursor.take_keyword("remove"):
                actions.append(Remove(self._terms.simple_path()))
            elif actions:
                return tuple(actions)
            else:
                raise self._cursor.malformed("Expected data manipulation")

    def _assignment(self) -> Assign:
        path = self._terms.simple_path()
        if not self._cursor.take_symbol("="):
            raise self._cursor.malformed("Expected '=' in SET assignment")
        return Assign(path, self._terms.expression())

    def _returning(self) -> Returning | None:
        if not self._cursor.take_keyword("returning"):
            return None
        elements = self._cursor.comma_list(self._returning_element)
        if len(elements) > 1:
            self._cursor.refuse(
                "Invalid syntax with multiple returning elements in RETURNING clause"
            )
        return elements[0]

    def _returning_element(self) -> Returning:
        head = self._cursor.head
        if not head.is_keyword("all old", "all new", "modified old", "modified new"):
            raise self._cursor.malformed(
                "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element."
            )
        self._cursor.advance()
        if not self._cursor.take_symbol("*"):
            self._terms.expression()
            self._cursor.refuse(
                "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"
            )
        return cast(Returning, head.text.upper().replace(" ", "_"))
