"""Expressions of a PartiQL statement: values, paths, calls, operators.

Used by `parser.py`. Precedence climbing over a shared `Cursor`; nesting is bounded there, so no
text can exhaust the stack. What PartiQL allows anywhere (CASE, CAST, sub-queries) is read as
`Other`, for whoever makes sense of the expression to refuse.
"""

from __future__ import annotations

import re

from jedlik.tables.partiql.cursor import Cursor
from jedlik.tables.partiql.lexer import Token
from jedlik.tables.partiql.tree import (
    Call,
    Collection,
    Constant,
    Expression,
    Is,
    Missing,
    Operation,
    Other,
    Parameter,
    Path,
    Step,
    Struct,
)

BAD_COMPONENT = "Unexpected path component"

# Operators between two operands, by how tightly they bind.
_LEVELS = {
    "or": 1,
    "and": 2,
    "not": 3,
    **dict.fromkeys(("=", "<>", "is", "is not"), 4),
    **dict.fromkeys(("<", "<=", ">", ">=", "between", "not between"), 5),
    **dict.fromkeys(("in", "not in", "like", "not like"), 5),
    **dict.fromkeys(("+", "-", "||"), 6),
    **dict.fromkeys(("*", "/", "%"), 7),
}
_TYPES = frozenset(
    ("missing", "null", "bool", "boolean", "smallint", "int", "integer", "float", "real")
    + ("decimal", "numeric", "timestamp", "date", "time", "character", "char", "varchar", "string")
    + ("symbol", "clob", "blob", "struct", "tuple", "list", "sexp", "bag")
)
_FUNCTION_KEYWORDS = frozenset(
    ("avg", "bit_length", "char_length", "character_length", "coalesce", "count", "exists", "lower")
    + ("max", "min", "nullif", "octet_length", "size", "sum", "upper")
)
_AGGREGATES = frozenset(("avg", "count", "max", "min", "sum"))
_is_index_number = re.compile(r"[0-9]{1,9}\Z").match


class Terms:
    """Reads expressions from a cursor."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def expression(self, above: int = 0) -> Expression:
        """Everything that binds tighter than `above`."""
        self._cursor.enter()
        left = self._unary()
        while True:
            head = self._cursor.head
            level = _LEVELS.get(head.text, 0) if head.kind in ("symbol", "keyword") else 0
            if level <= above or head.text == "not":
                break
            self._cursor.advance()
            left = self._infix(left, head, level)
        self._cursor.leave()
        return left

    def _infix(self, left: Expression, operator: Token, level: int) -> Expression:
        name, offset, length = operator.text, operator.offset, operator.length
        if name in ("and", "or"):
            right = self.expression(level)
            if isinstance(left, Operation) and left.operator == name:
                # One operation with many operands, so that a long chain is not a deep tree.
                self._cursor.count_operator()
                return Operation(name, (*left.operands, right), left.offset, left.length)
            return self._operation(name, (left, right), offset, length)
        if name in ("is", "is not"):
            test = self._operation_is(left, offset, length)
            return Operation("not", (test,), offset, length) if name == "is not" else test
        negated = name.startswith("not ")
        name = name.removeprefix("not ")
        if name == "between":
            low = self.expression(level)
            if not self._cursor.take_keyword("and"):
                raise self._cursor.malformed("Expected AND")
            operands: tuple[Expression, ...] = (left, low, self.expression(level))
        elif name == "in" and self._cursor.head.is_symbol("("):
            head = self._cursor.advance()
            items = self._grouped()
            operands = (left, Collection(False, items, head.offset, head.length))
        else:
            operands = (left, self.expression(level))
            if name == "like" and self._cursor.take_keyword("escape"):
                self.expression(level)
        operation = self._operation(name, operands, offset, length)
        return Operation("not", (operation,), offset, length) if negated else operation

    def _operation_is(self, left: Expression, offset: int, length: int) -> Expression:
        head = self._cursor.head
        if head.kind != "keyword" or head.text not in _TYPES:
            raise self._cursor.malformed("Expected type name")
        self._cursor.advance()
        if self._cursor.take_symbol("("):
            self._grouped()
        self._cursor.count_operator()
        return Is(left, head.text, offset, length)

    def _operation(
        self, name: str, operands: tuple[Expression, ...], offset: int, length: int
    ) -> Operation:
        self._cursor.count_operator()
        return Operation(name, operands, offset, length)

    def _unary(self) -> Expression:
        head = self._cursor.head
        if head.is_keyword("not"):
            self._cursor.advance()
            operand = self.expression(_LEVELS["not"])
            return self._operation("not", (operand,), head.offset, head.length)
        if head.is_symbol("+", "-"):
            self._cursor.advance()
            self._cursor.enter()
            operand = self._unary()
            self._cursor.leave()
            if isinstance(operand, Constant) and "N" in operand.value:
                return _signed(operand, head.text)
            return self._operation(head.text, (operand,), head.offset, head.length)
        return self._path_term()

    def _path_term(self) -> Expression:
        term = self._term()
        steps: list[Step] = list(term.steps) if isinstance(term, Path) else []
        unpivot: Other | None = None
        extended = False
        while True:
            dot = self._cursor.head
            if self._cursor.take_symbol("."):
                extended = True
                part = self._cursor.head
                if part.kind in ("name", "quoted"):
                    steps.append(part.text)
                elif part.is_symbol("*"):
                    unpivot = Other("unpivot", part.offset, part.length)
                else:
                    raise self._cursor.malformed("Invalid path dot component")
                self._cursor.advance()
            elif self._cursor.take_symbol("["):
                extended = True
                steps.append(self._bracketed())
            else:
                break
        if not extended:
            return term
        if unpivot is not None:
            return unpivot
        if not isinstance(term, Path):
            self._cursor.refuse(BAD_COMPONENT, term)
            return Path(("",), dot.offset, dot.length)
        return Path(tuple(steps), term.offset, term.length)

    def _bracketed(self) -> Step:
        """What stands in a path's brackets: a list index or a quoted name."""
        star = self._cursor.head
        if self._cursor.take_symbol("*"):
            self._cursor.expect_symbol("]", "RIGHT_BRACKET")
            self._cursor.refuse("Wildcard path component like a[*].b are not supported", star)
            return 0
        inner = self.expression()
        self._cursor.expect_symbol("]", "RIGHT_BRACKET")
        if isinstance(inner, Constant):
            if "S" in inner.value:
                return str(inner.value["S"])
            number = str(inner.value.get("N", ""))
            if _is_index_number(number):
                return int(number)
            if number.startswith("-") and _is_index_number(number[1:]):
                self._cursor.refuse(
                    f"List index is not within the allowable range; index: [{number}]", inner
                )
                return 0
        self._cursor.refuse(BAD_COMPONENT, inner)
        return 0

    def simple_path(self) -> Path:
        """The target of a write: a name, then names, list indexes and quoted names."""
        head = self._cursor.head
        if head.kind not in ("name", "quoted"):
            raise self._cursor.malformed("Expected identifier for simple path")
        self._cursor.advance()
        steps: list[Step] = [head.text]
        while True:
            if self._cursor.take_symbol("."):
                part = self._cursor.head
                if part.kind not in ("name", "quoted"):
                    raise self._cursor.malformed("Invalid path dot component")
                self._cursor.advance()
                steps.append(part.text)
            elif self._cursor.take_symbol("["):
                steps.append(self._bracketed())
            else:
                return Path(tuple(steps), head.offset, head.length)

    def _term(self) -> Expression:
        head = self._cursor.advance()
        offset, length = head.offset, head.length
        if head.kind in ("name", "quoted"):
            if self._cursor.head.is_symbol("("):
                return self._call(head)
            return Path((head.text,), offset, length)
        if head.kind == "string":
            return Constant({"S": head.text}, offset, length)
        if head.kind == "number":
            return Constant({"N": head.text}, offset, length)
        if head.kind == "ion":
            return Other(f"ion {_ion_type(head.text)}", offset, length)
        if head.kind == "keyword":
            return self._keyword_term(head)
        if head.kind == "symbol":
            return self._symbol_term(head)
        raise self._cursor.malformed("Unexpected term")

    def _keyword_term(self, head: Token) -> Expression:
        word, offset, length = head.text, head.offset, head.length
        if word in ("true", "false"):
            return Constant({"BOOL": word == "true"}, offset, length)
        if word == "null":
            return Constant({"NULL": True}, offset, length)
        if word == "missing":
            return Missing(offset, length)
        if word == "select":
            return self._sub_query(head)
        if word == "cast" and self._cursor.head.is_symbol("("):
            return self._cast(head)
        if word == "case":
            return self._case(head)
        if word in _FUNCTION_KEYWORDS and self._cursor.head.is_symbol("("):
            return self._call(head)
        if word in ("date", "time", "timestamp") and self._cursor.head.kind == "string":
            literal = self._cursor.advance()
            return Other("UNKNOWN", literal.offset, literal.length)
        raise self._cursor.malformed("Unexpected keyword")

    def _symbol_term(self, head: Token) -> Expression:
        symbol, offset, length = head.text, head.offset, head.length
        if symbol == "?":
            self._cursor.parameters += 1
            return Parameter(self._cursor.parameters - 1, offset, length)
        if symbol == "(":
            items = self._grouped()
            if len(items) > 1:
                return Collection(False, items, offset, length)
            return items[0]
        if symbol == "[":
            return Collection(False, self._items("]", "RIGHT_BRACKET"), offset, length)
        if symbol == "<<":
            return Collection(True, self._items(">>", "RIGHT_DOUBLE_ANGLE_BRACKET"), offset, length)
        if symbol == "{":
            return Struct(self._fields(), offset, length)
        if symbol == "@":
            name = self._cursor.advance()
            if name.kind not in ("name", "quoted"):
                raise self._cursor.malformed("Identifier must follow @-operator")
            return Path((name.text,), name.offset, name.length)
        if symbol in _LEVELS:
            raise self._cursor.malformed("Unexpected operator")
        raise self._cursor.malformed("Unexpected term")

    def _grouped(self) -> tuple[Expression, ...]:
        """What follows an opening parenthesis: at least one expression, and the closing one."""
        if self._cursor.head.is_symbol(")"):
            raise self._cursor.malformed("Expression group cannot be empty")
        items = tuple(self._cursor.comma_list(self.expression))
        self._cursor.expect_symbol(")", "RIGHT_PAREN")
        return items

    def _items(self, closing: str, name: str) -> tuple[Expression, ...]:
        if self._cursor.take_symbol(closing):
            return ()
        items = tuple(self._cursor.comma_list(self.expression))
        self._cursor.expect_symbol(closing, name)
        return items

    def _fields(self) -> tuple[tuple[Expression, Expression], ...]:
        if self._cursor.take_symbol("}"):
            return ()
        fields = tuple(self._cursor.comma_list(self._field))
        self._cursor.expect_symbol("}", "RIGHT_CURLY")
        return fields

    def _field(self) -> tuple[Expression, Expression]:
        name = self.expression()
        self._cursor.expect_symbol(":", "COLON")
        return name, self.expression()

    def _call(self, name: Token) -> Expression:
        self._cursor.advance()
        self._cursor.count_operator()
        lower = name.text.lower()
        if self._cursor.take_symbol("*"):
            if lower != "count":
                raise self._cursor.malformed(f"{lower}(*) is not allowed")
            self._cursor.expect_symbol(")", "RIGHT_PAREN")
            return Other("count", name.offset, name.length)
        if lower == "exists" and self._cursor.head.is_keyword("select"):
            inner = self._sub_query(self._cursor.advance())
            self._cursor.expect_symbol(")", "RIGHT_PAREN")
            return inner
        if lower in _AGGREGATES:
            self._cursor.take_keyword("distinct")
        arguments = self._items(")", "RIGHT_PAREN")
        if lower in _AGGREGATES:
            return Other(lower, name.offset, name.length)
        return Call(lower, arguments, name.offset, name.length)

    def _sub_query(self, head: Token) -> Expression:
        """A SELECT within an expression, which is refused wherever it stands: stepped over."""
        depth = 0
        while self._cursor.head.kind != "end":
            if self._cursor.head.is_symbol("("):
                depth += 1
            elif self._cursor.head.is_symbol(")"):
                if depth == 0:
                    break
                depth -= 1
            self._cursor.advance()
        return Other("SELECT", head.offset, head.length)

    def _cast(self, head: Token) -> Expression:
        opening = self._cursor.advance()
        value = self.expression()
        if not self._cursor.take_keyword("as"):
            raise self._cursor.malformed("Expected AS")
        self._operation_is(value, head.offset, head.length)
        self._cursor.expect_symbol(")", "RIGHT_PAREN")
        return Other("cast", opening.offset, opening.length)

    def _case(self, head: Token) -> Expression:
        if not self._cursor.head.is_keyword("when"):
            self.expression()
        if not self._cursor.head.is_keyword("when"):
            raise self._cursor.malformed("Expected a WHEN clause in CASE")
        while self._cursor.take_keyword("when"):
            self.expression()
            if not self._cursor.take_keyword("then"):
                raise self._cursor.malformed("Expected THEN")
            self.expression()
        if self._cursor.take_keyword("else"):
            self.expression()
        if not self._cursor.take_keyword("end"):
            raise self._cursor.malformed("Expected END")
        return Other("CASE", head.offset, head.length)


def _signed(number: Constant, sign: str) -> Constant:
    text = number.value["N"]
    if sign == "-":
        text = text[1:] if text.startswith("-") else f"-{text}"
    return Constant({"N": text}, number.offset, number.length)


def _ion_type(text: str) -> str:
    """The type of an Ion literal, for the message that refuses it."""
    text = text.strip()
    for kind, pattern in _ION_TYPES:
        if re.match(pattern, text):
            return kind
    return "SYMBOL"


_ION_TYPES = (
    ("BOOL", r"(?:true|false)\Z"),
    ("NULL", r"null\b"),
    ("TIMESTAMP", r"[0-9]{4}(?:T|-[0-9]{2}(?:T|-[0-9]{2}))"),
    ("INT", r"[+-]?[0-9]+\Z"),
    ("FLOAT", r"[+-]?[0-9.]+[eE]"),
    ("DECIMAL", r"[+-]?[0-9.]+(?:[dD]|\Z)"),
    ("STRING", r'"|\'\'\''),
    ("BLOB", r"\{\{"),
    ("STRUCT", r"\{"),
    ("LIST", r"\["),
    ("SEXP", r"\("),
)
