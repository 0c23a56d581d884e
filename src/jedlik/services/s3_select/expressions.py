"""The expressions of a query, from tokens to what syntax.py has for them. Raises Fault."""

from __future__ import annotations

import re
from decimal import Decimal

from jedlik.services.s3_select.faults import Fault, bad_arguments, expected, unexpected
from jedlik.services.s3_select.forms import FORMS
from jedlik.services.s3_select.syntax import (
    WILDCARD,
    Call,
    Expression,
    Literal,
    Missing,
    Name,
    Path,
)
from jedlik.services.s3_select.tokens import Cursor, Token

FUNCTIONS = {  # name: how many arguments
    "COALESCE": (1, 100), "NULLIF": (2, 2), "CHAR_LENGTH": (1, 1), "CHARACTER_LENGTH": (1, 1),
    "LOWER": (1, 1), "UPPER": (1, 1), "UTCNOW": (0, 0), "TO_STRING": (2, 2), "TO_TIMESTAMP": (1, 1),
}  # fmt: skip


def expression(cursor: Cursor) -> Expression:
    """The loosest first; each operator's function reads what binds tighter by the next."""
    cursor.enter()
    left = _and(cursor)
    while cursor.take_word("OR"):
        left = Call("or", (left, _and(cursor)))
    cursor.leave()
    return left


def _and(cursor: Cursor) -> Expression:
    left = _not(cursor)
    while cursor.take_word("AND"):
        left = Call("and", (left, _not(cursor)))
    return left


def _not(cursor: Cursor) -> Expression:
    count = 0
    while cursor.take_word("NOT"):
        count += 1
    found = _comparison(cursor)
    for _ in range(count % 2 or (2 if count else 0)):
        found = Call("not", (found,))
    return found


def _comparison(cursor: Cursor) -> Expression:
    left = _concatenation(cursor)
    while True:
        if cursor.head.text in ("=", "<>", "!=", "<", "<=", ">", ">="):
            mark = cursor.advance().text
            left = Call("<>" if mark == "!=" else mark, (left, _concatenation(cursor)))
            continue
        if cursor.take_word("IS"):
            negated = cursor.take_word("NOT")
            word = cursor.advance()
            if word.text.upper() not in ("NULL", "MISSING"):
                raise unexpected(word.text, word.at)
            left = Call("is_" + word.text.lower(), (left,))
        else:
            negated = cursor.take_word("NOT")
            if cursor.take_word("IN"):
                left = Call("in", (left, *_list(cursor)))
            elif cursor.take_word("BETWEEN"):
                low = _concatenation(cursor)
                cursor.expect_word("AND")
                left = Call("between", (left, low, _concatenation(cursor)))
            elif cursor.take_word("LIKE"):
                left = _like(cursor, left)
            elif negated:
                raise expected("IN, BETWEEN or LIKE", cursor.head.at)
            else:
                return left
        if negated:
            left = Call("not", (left,))


def _list(cursor: Cursor) -> list[Expression]:
    cursor.expect_mark("(")
    found = cursor.comma_list(expression)
    cursor.expect_mark(")")
    return found


def _like(cursor: Cursor, left: Expression) -> Call:
    pattern = _concatenation(cursor)
    escape = _concatenation(cursor) if cursor.take_word("ESCAPE") else Literal(None)
    return Call("like", (left, pattern, escape))


def _concatenation(cursor: Cursor) -> Expression:
    left = _sum(cursor)
    while cursor.take_mark("||"):
        left = Call("||", (left, _sum(cursor)))
    return left


def _sum(cursor: Cursor) -> Expression:
    left = _product(cursor)
    while cursor.head.text in ("+", "-"):
        left = Call(cursor.advance().text, (left, _product(cursor)))
    return left


def _product(cursor: Cursor) -> Expression:
    left = _unary(cursor)
    while cursor.head.text in ("*", "/", "%"):
        left = Call(cursor.advance().text, (left, _unary(cursor)))
    return left


def _unary(cursor: Cursor) -> Expression:
    signs = 0
    while cursor.head.text in ("-", "+"):
        signs += cursor.advance().text == "-"
    found = _primary(cursor)
    return Call("negative", (found,)) if signs % 2 else found


def _primary(cursor: Cursor) -> Expression:
    token = cursor.advance()
    if token.kind == "number":
        return Literal(_number(token.text))
    if token.kind == "string":
        return Literal(token.string())
    if token.kind == "ion":
        return _ion(token)
    if token.kind == "quoted":
        return Path((token.name(), *steps(cursor)))
    if token.is_mark("("):
        found = expression(cursor)
        cursor.expect_mark(")")
        return found
    if token.kind != "word":
        raise unexpected(token.text, token.at)
    return _word(cursor, token)


def _word(cursor: Cursor, token: Token) -> Expression:
    """What begins with a word: a constant, CASE, a call or a path."""
    word = token.text.upper()
    if word in ("TRUE", "FALSE"):
        return Literal(word == "TRUE")
    if word == "NULL":
        return Literal(None)
    if word == "MISSING":
        return Missing()
    if word == "CASE":
        return _case(cursor)
    if token.is_reserved and word != "CAST":
        raise unexpected(token.text, token.at)
    if cursor.take_mark("("):
        return _call(cursor, word)
    return Path((token.name(), *steps(cursor)))


def _case(cursor: Cursor) -> Call:
    subject = None if cursor.head.is_word("WHEN") else expression(cursor)
    pairs: list[Expression] = []
    while cursor.take_word("WHEN"):
        condition = expression(cursor)
        cursor.expect_word("THEN")
        if subject is not None:
            condition = Call("=", (subject, condition))
        pairs += [condition, expression(cursor)]
    if not pairs:
        raise expected("WHEN", cursor.head.at)
    otherwise = expression(cursor) if cursor.take_word("ELSE") else Literal(None)
    cursor.expect_word("END")
    return Call("case", (*pairs, otherwise))


def _call(cursor: Cursor, name: str) -> Expression:
    form = FORMS.get(name)
    if form is not None:
        found = form(cursor, expression)
        cursor.expect_mark(")")
        return found
    args: list[Expression] = []
    if not cursor.take_mark(")"):
        args = cursor.comma_list(expression)
        cursor.expect_mark(")")
    if name not in FUNCTIONS:
        raise Fault("UnsupportedFunction", f"Encountered an unsupported SQL function: {name}.")
    low, high = FUNCTIONS[name]
    if not low <= len(args) <= high:
        raise bad_arguments(name)
    return Call(name, tuple(args))


def steps(cursor: Cursor) -> tuple[Name | int | object, ...]:
    """What a path has after its first name, in dots and brackets."""
    found: list[Name | int | object] = []
    while True:
        if cursor.take_mark("."):
            found.append(WILDCARD if cursor.take_mark("*") else cursor.name())
        elif cursor.take_mark("["):
            found.append(_element(cursor.advance()))
            cursor.expect_mark("]")
        else:
            return tuple(found)


def _element(token: Token) -> Name | int | object:
    if token.text == "*":
        return WILDCARD
    if token.is_digits:
        return int(token.text)
    if token.kind == "string":
        return Name(token.string(), True)
    raise unexpected(token.text, token.at)


def _number(text: str) -> int | Decimal:
    return int(text) if text.isdigit() else Decimal(text)


def _ion(token: Token) -> Expression:
    """A literal of Amazon Ion; of which there are numbers, timestamps and words here."""
    text = token.text[1:-1].strip()
    if re.fullmatch(r"-?\d+(\.\d*)?([eEdD][+-]?\d+)?", text):
        return Literal(_number(text.replace("d", "e").replace("D", "e")))
    if text in ("true", "false", "null"):
        return Literal({"true": True, "false": False, "null": None}[text])
    if re.fullmatch(r"\d{4}(-\d\d)*T.*|\d{4}-\d\d-\d\d", text):
        return Call("TO_TIMESTAMP", (Literal(text),))
    return Literal(text.strip('"'))
