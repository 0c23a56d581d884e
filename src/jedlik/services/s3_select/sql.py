"""The SQL of S3 Select, from text to a Query. Raises Fault.

SELECT * | expression [AS name], … FROM S3Object[path] [AS alias] [WHERE condition] [LIMIT n]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jedlik.services.s3_select.faults import (
    Fault,
    bad_arguments,
    expected,
    not_supported,
    unexpected,
)

EXPRESSION_BYTES_MAX = 256 * 1024
DEPTH_MAX = 60
AGGREGATES = ("COUNT", "SUM", "AVG", "MIN", "MAX")
TYPES = {
    "INT": "int", "INTEGER": "int", "SMALLINT": "int", "BIGINT": "int",
    "FLOAT": "float", "REAL": "float", "DOUBLE": "float",
    "DECIMAL": "decimal", "NUMERIC": "decimal",
    "STRING": "string", "CHAR": "string", "CHARACTER": "string", "VARCHAR": "string",
    "SYMBOL": "string",
    "BOOL": "bool", "BOOLEAN": "bool",
    "TIMESTAMP": "timestamp",
}  # fmt: skip
FUNCTIONS = {  # name: how many arguments
    "COALESCE": (1, 100), "NULLIF": (2, 2), "CHAR_LENGTH": (1, 1), "CHARACTER_LENGTH": (1, 1),
    "LOWER": (1, 1), "UPPER": (1, 1), "SUBSTRING": (2, 3), "TRIM": (1, 1), "UTCNOW": (0, 0),
    "DATE_ADD": (3, 3), "DATE_DIFF": (3, 3), "EXTRACT": (2, 2), "TO_STRING": (2, 2),
    "TO_TIMESTAMP": (1, 1),
}  # fmt: skip
PARTS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR", "TIMEZONE_MINUTE")
WILDCARD = object()

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
_RESERVED = frozenset((
    "AND", "OR", "NOT", "SELECT", "FROM", "WHERE", "LIMIT", "AS", "IS", "IN", "LIKE", "BETWEEN",
    "ESCAPE", "CASE", "WHEN", "THEN", "ELSE", "END", "NULL", "MISSING", "TRUE", "FALSE", "CAST",
    "GROUP", "ORDER", "HAVING", "JOIN", "UNION", "DISTINCT",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any


@dataclass(frozen=True, slots=True)
class Missing:
    """The literal MISSING."""


@dataclass(frozen=True, slots=True)
class Name:
    """exact: it was in double quotes, so its case counts."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """steps: a Name, the number of an element, or WILDCARD."""

    steps: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An operator, a function, or a form of syntax such as "case"."""

    name: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """arg: None for COUNT(*)."""

    name: str
    arg: Any


@dataclass(frozen=True, slots=True)
class Item:
    """name: what it was called, or what a path ends in; None where its place names it."""

    expression: Any
    name: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """items: None for "*". source: the path below the record. aliases: what names the row."""

    items: list[Item] | None
    source: tuple[Any, ...] = ()
    aliases: frozenset[str] = field(default_factory=frozenset)
    where: Any = None
    limit: int | None = None

    @property
    def aggregates(self) -> bool:
        return any(isinstance(each, Aggregate) for item in self.items or () for each in _all(item))


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    at: int


def read(expression: str) -> Query:
    if len(expression.encode()) > EXPRESSION_BYTES_MAX:
        raise Fault(
            "ExpressionTooLong",
            "The SQL expression is too long: The maximum byte-length for the SQL expression is "
            "256 KB.",
        )
    return _Parser(_tokens(expression)).query()


def _tokens(text: str) -> list[Token]:
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


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def query(self) -> Query:
        self._keyword("SELECT")
        if self._is_word("DISTINCT"):
            raise not_supported("DISTINCT")
        items = None
        if not self._take("*"):
            items = [self._item()]
            while self._take(","):
                items.append(self._item())
        if not self._take_word("FROM"):
            raise Fault("ParseSelectMissingFrom", "Missing FROM after the SELECT list.")
        source, aliases = self._source()
        if items and len(items) == 1 and _is_whole(items[0], aliases):
            items = None
        where = self._expression() if self._take_word("WHERE") else None
        for word in ("GROUP", "ORDER", "HAVING", "JOIN", "UNION"):
            if self._is_word(word):
                raise not_supported(word)
        limit = None
        if self._take_word("LIMIT"):
            token = self._next()
            if token.kind != "number" or not token.text.isdigit():
                raise unexpected(token.text, token.at)
            limit = int(token.text)
        token = self._next()
        if token.kind != "end":
            raise unexpected(token.text, token.at)
        found = Query(items, source, aliases, where, limit)
        _check(found)
        return found

    def _source(self) -> tuple[tuple[Any, ...], frozenset[str]]:
        token = self._next()
        if token.kind != "word" or token.text.upper() != "S3OBJECT":
            raise Fault(
                "InvalidDataSource", "Invalid data source type. Only S3Object is supported."
            )
        steps = self._steps()
        names = {"s3object"}
        if self._take_word("AS") or self._peek().kind in ("word", "quoted"):
            if self._peek().text.upper() not in _RESERVED:
                names.add(self._name().text.lower())
        return tuple(steps), frozenset(names)

    def _item(self) -> Item:
        expression = self._expression()
        name = None
        named = self._peek().kind in ("word", "quoted") and not self._is_reserved()
        if self._take_word("AS") or named:
            name = self._name().text
        elif isinstance(expression, Path) and isinstance(expression.steps[-1], Name):
            name = expression.steps[-1].text
        return Item(expression, name)

    # Expressions, loosest first

    def _expression(self) -> Any:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise not_supported("an expression as deep as this")
        left = self._and()
        while self._take_word("OR"):
            left = Call("or", (left, self._and()))
        self._depth -= 1
        return left

    def _and(self) -> Any:
        left = self._not()
        while self._take_word("AND"):
            left = Call("and", (left, self._not()))
        return left

    def _not(self) -> Any:
        count = 0
        while self._take_word("NOT"):
            count += 1
        found = self._comparison()
        for _ in range(count % 2 or (2 if count else 0)):
            found = Call("not", (found,))
        return found

    def _comparison(self) -> Any:
        left = self._concatenation()
        while True:
            if self._peek().text in ("=", "<>", "!=", "<", "<=", ">", ">="):
                mark = self._next().text
                left = Call("<>" if mark == "!=" else mark, (left, self._concatenation()))
                continue
            if self._take_word("IS"):
                negated = self._take_word("NOT")
                word = self._next()
                if word.text.upper() not in ("NULL", "MISSING"):
                    raise unexpected(word.text, word.at)
                left = Call("is_" + word.text.lower(), (left,))
            else:
                negated = self._is_word("NOT") and self._take_word("NOT")
                if self._take_word("IN"):
                    left = Call("in", (left, *self._list()))
                elif self._take_word("BETWEEN"):
                    low = self._concatenation()
                    self._keyword("AND")
                    left = Call("between", (left, low, self._concatenation()))
                elif self._take_word("LIKE"):
                    pattern = self._concatenation()
                    escape = self._concatenation() if self._take_word("ESCAPE") else Literal(None)
                    left = Call("like", (left, pattern, escape))
                elif negated:
                    raise expected("IN, BETWEEN or LIKE", self._peek().at)
                else:
                    return left
            if negated:
                left = Call("not", (left,))

    def _list(self) -> list[Any]:
        self._mark("(")
        found = [self._expression()]
        while self._take(","):
            found.append(self._expression())
        self._mark(")")
        return found

    def _concatenation(self) -> Any:
        left = self._sum()
        while self._take("||"):
            left = Call("||", (left, self._sum()))
        return left

    def _sum(self) -> Any:
        left = self._product()
        while self._peek().text in ("+", "-"):
            left = Call(self._next().text, (left, self._product()))
        return left

    def _product(self) -> Any:
        left = self._unary()
        while self._peek().text in ("*", "/", "%"):
            left = Call(self._next().text, (left, self._unary()))
        return left

    def _unary(self) -> Any:
        signs = 0
        while self._peek().text in ("-", "+"):
            signs += self._next().text == "-"
        found = self._primary()
        return Call("negative", (found,)) if signs % 2 else found

    def _primary(self) -> Any:
        token = self._next()
        if token.kind == "number":
            return Literal(_number(token.text))
        if token.kind == "string":
            return Literal(token.text[1:-1].replace("''", "'"))
        if token.kind == "ion":
            return _ion(token)
        if token.text == "(":
            found = self._expression()
            self._mark(")")
            return found
        if token.kind == "quoted":
            return Path((_name(token), *self._steps()))
        if token.kind != "word":
            raise unexpected(token.text, token.at)
        word = token.text.upper()
        if word in ("TRUE", "FALSE"):
            return Literal(word == "TRUE")
        if word == "NULL":
            return Literal(None)
        if word == "MISSING":
            return Missing()
        if word == "CASE":
            return self._case()
        if word in _RESERVED and word != "CAST":
            raise unexpected(token.text, token.at)
        if self._peek().text == "(":
            return self._call(word)
        return Path((_name(token), *self._steps()))

    def _call(self, name: str) -> Any:
        self._mark("(")
        special = _SPECIAL.get(name)
        if special is not None:
            found = special(self)
            self._mark(")")
            return found
        args: list[Any] = []
        if not self._take(")"):
            args.append(self._expression())
            while self._take(","):
                args.append(self._expression())
            self._mark(")")
        if name not in FUNCTIONS:
            raise Fault("UnsupportedFunction", f"Encountered an unsupported SQL function: {name}.")
        low, high = FUNCTIONS[name]
        if not low <= len(args) <= high:
            raise bad_arguments(name)
        return Call(name, tuple(args))

    def _aggregate(self, name: str) -> Aggregate:
        if name == "COUNT" and self._take("*"):
            return Aggregate(name, None)
        return Aggregate(name, self._expression())

    def _cast(self) -> Call:
        value = self._expression()
        self._keyword("AS")
        token = self._next()
        kind = TYPES.get(token.text.upper())
        if kind is None:
            raise Fault("ParseUnknownTypeName", f"Unknown type {token.text!r} in CAST.")
        if self._take_word("PRECISION") or not self._take("("):
            return Call("cast", (value, Literal(kind)))
        while not self._take(")"):
            token = self._next()
            if token.kind != "number" and token.text != ",":
                raise unexpected(token.text, token.at)
        return Call("cast", (value, Literal(kind)))

    def _substring(self) -> Call:
        args = [self._expression()]
        if self._take_word("FROM"):
            args.append(self._expression())
            if self._take_word("FOR"):
                args.append(self._expression())
        else:
            while self._take(","):
                args.append(self._expression())
        if not 2 <= len(args) <= 3:
            raise bad_arguments("SUBSTRING")
        return Call("SUBSTRING", tuple(args))

    def _trim(self) -> Call:
        side = next(
            (word for word in ("LEADING", "TRAILING", "BOTH") if self._take_word(word)), None
        )
        text = None
        if side is None or not self._take_word("FROM"):
            text = self._expression()
            if not self._take_word("FROM"):
                if side is not None:
                    raise expected("FROM", self._peek().at)
                return Call("TRIM", (text, Literal("BOTH"), Literal(" ")))
        value = self._expression()
        return Call("TRIM", (value, Literal(side or "BOTH"), text or Literal(" ")))

    def _extract(self) -> Call:
        part = self._part()
        self._keyword("FROM")
        return Call("EXTRACT", (Literal(part), self._expression()))

    def _dates(self, name: str) -> Call:
        part = self._part()
        self._mark(",")
        first = self._expression()
        self._mark(",")
        return Call(name, (Literal(part), first, self._expression()))

    def _part(self) -> str:
        token = self._next()
        if token.text.upper() not in PARTS:
            raise Fault("ParseExpectedDatePart", f"Did not find the expected date part at position "
                        f"{token.at}.")  # fmt: skip
        return token.text.upper()

    def _case(self) -> Call:
        subject = None if self._is_word("WHEN") else self._expression()
        pairs = []
        while self._take_word("WHEN"):
            condition = self._expression()
            self._keyword("THEN")
            if subject is not None:
                condition = Call("=", (subject, condition))
            pairs += [condition, self._expression()]
        if not pairs:
            raise expected("WHEN", self._peek().at)
        otherwise = self._expression() if self._take_word("ELSE") else Literal(None)
        self._keyword("END")
        return Call("case", (*pairs, otherwise))

    def _steps(self) -> list[Any]:
        found: list[Any] = []
        while True:
            if self._take("."):
                found.append(WILDCARD if self._take("*") else self._name())
            elif self._take("["):
                token = self._next()
                if token.text == "*":
                    found.append(WILDCARD)
                elif token.kind == "number" and token.text.isdigit():
                    found.append(int(token.text))
                elif token.kind == "string":
                    found.append(Name(token.text[1:-1].replace("''", "'"), True))
                else:
                    raise unexpected(token.text, token.at)
                self._mark("]")
            else:
                return found

    # Tokens

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take(self, mark: str) -> bool:
        if self._peek().kind == "mark" and self._peek().text == mark:
            self._at += 1
            return True
        return False

    def _mark(self, mark: str) -> None:
        token = self._next()
        if token.kind != "mark" or token.text != mark:
            raise unexpected(token.text, token.at)

    def _is_word(self, word: str) -> bool:
        return self._peek().kind == "word" and self._peek().text.upper() == word

    def _is_reserved(self) -> bool:
        return self._peek().kind == "word" and self._peek().text.upper() in _RESERVED

    def _take_word(self, word: str) -> bool:
        if self._is_word(word):
            self._at += 1
            return True
        return False

    def _keyword(self, word: str) -> None:
        if not self._take_word(word):
            raise expected(word, self._peek().at)

    def _name(self) -> Name:
        token = self._next()
        if token.kind not in ("word", "quoted"):
            raise unexpected(token.text, token.at)
        return _name(token)


_SPECIAL: dict[str, Callable[[_Parser], Any]] = {
    "CAST": lambda parser: parser._cast(),
    "SUBSTRING": lambda parser: parser._substring(),
    "TRIM": lambda parser: parser._trim(),
    "EXTRACT": lambda parser: parser._extract(),
    "DATE_ADD": lambda parser: parser._dates("DATE_ADD"),
    "DATE_DIFF": lambda parser: parser._dates("DATE_DIFF"),
    "COUNT": lambda parser: parser._aggregate("COUNT"),
    "SUM": lambda parser: parser._aggregate("SUM"),
    "AVG": lambda parser: parser._aggregate("AVG"),
    "MIN": lambda parser: parser._aggregate("MIN"),
    "MAX": lambda parser: parser._aggregate("MAX"),
}


def _name(token: Token) -> Name:
    if token.kind == "quoted":
        return Name(token.text[1:-1].replace('""', '"'), True)
    return Name(token.text)


def _number(text: str) -> int | Decimal:
    return int(text) if text.isdigit() else Decimal(text)


def _ion(token: Token) -> Any:
    """A literal of Amazon Ion; of which there are numbers, timestamps and words here."""
    text = token.text[1:-1].strip()
    if re.fullmatch(r"-?\d+(\.\d*)?([eEdD][+-]?\d+)?", text):
        return Literal(_number(text.replace("d", "e").replace("D", "e")))
    if text in ("true", "false", "null"):
        return Literal({"true": True, "false": False, "null": None}[text])
    if re.fullmatch(r"\d{4}(-\d\d)*T.*|\d{4}-\d\d-\d\d", text):
        return Call("TO_TIMESTAMP", (Literal(text),))
    return Literal(text.strip('"'))


def _is_whole(item: Item, aliases: frozenset[str]) -> bool:
    """Whether an item is `alias.*`."""
    expression = item.expression
    return (
        isinstance(expression, Path)
        and len(expression.steps) == 2
        and isinstance(expression.steps[0], Name)
        and expression.steps[0].text.lower() in aliases
        and expression.steps[1] is WILDCARD
    )


def _check(query: Query) -> None:
    """Aggregates stand in the SELECT list, not in each other, and beside no plain columns."""
    if any(isinstance(each, Aggregate) for each in _all(query.where)):
        raise not_supported("an aggregate in the WHERE clause")
    aggregated = query.aggregates
    for item in query.items or ():
        inside = [each for each in _all(item.expression) if isinstance(each, Aggregate)]
        if any(isinstance(each, Aggregate) for one in inside for each in _all(one.arg)):
            raise not_supported("an aggregate in an aggregate")
        if aggregated and not inside and any(isinstance(e, Path) for e in _all(item.expression)):
            raise not_supported("a column beside an aggregate")


def _all(node: Any) -> list[Any]:
    """A node and all below it, but not below aggregates."""
    if isinstance(node, Item):
        return _all(node.expression)
    if isinstance(node, Call):
        return [node, *(each for arg in node.args for each in _all(arg))]
    return [node]
