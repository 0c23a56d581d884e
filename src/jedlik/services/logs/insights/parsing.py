"""parse: from a query's text to its commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from jedlik.services.logs.insights.faults import Malformed
from jedlik.services.logs.insights.syntax import (
    Call,
    Column,
    Command,
    Dedup,
    Display,
    Everything,
    Expression,
    Field,
    Fields,
    Filter,
    Limit,
    Literal,
    Parse,
    Period,
    Regex,
    Sort,
    Stats,
)
from jedlik.services.logs.insights.tokens import Token, tokens, unexpected

LIMIT_MAX = 100_000
BRACKETS_MAX = 50
DEPTH_MAX = 100  # of calls in calls: "a + 1 + 1" is two deep. Unverified, like BRACKETS_MAX
_COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")
_ELSEWHERE = (
    "anomaly", "diff", "filterindex", "join", "lookup", "pattern", "search", "source", "tail",
    "unmask", "unnest",
)  # fmt: skip
"""Commands of AWS's that are not here."""
T = TypeVar("T")


def parse(query: str) -> list[Command]:
    """Raises Malformed."""
    return _Parser(query).query()


class _Parser:
    def __init__(self, query: str) -> None:
        self._text = query
        self._tokens = tokens(query)
        self._at = 0
        self._brackets = 0
        self._counted: set[str] = set()

    def query(self) -> list[Command]:
        commands = [self._command()]
        while self._took_sign("|"):
            commands.append(self._command())
        if self._next.kind != "end":
            raise self._unexpected()
        return commands

    # Commands

    def _command(self) -> Command:
        token = self._next
        word = token.text.lower() if token.kind == "word" else ""
        if word in _ELSEWHERE:
            raise Malformed(
                f"the command {word} is not available in Jedlik", token.start, token.end
            )
        known: dict[str, Callable[[], Command]] = {
            "fields": lambda: Fields(self._list(self._column)),
            "display": lambda: Display(self._list(self._column)),
            "filter": lambda: Filter(self._expression()),
            "where": lambda: Filter(self._expression()),
            "sort": self._sort,
            "order": self._sort,
            "limit": self._limit,
            "head": self._limit,
            "dedup": lambda: Dedup(self._list(self._field)),
            "stats": self._stats,
            "parse": self._parse,
        }
        if word not in known:
            raise self._unexpected()
        self._at += 1
        return known[word]()

    def _column(self) -> Column:
        start = self._next.start
        expression = self._expression()
        written = self._text[start : self._tokens[self._at - 1].end]
        if isinstance(expression, Field):
            written = expression.name
        if self._took_word("as"):
            written = self._name()
        return Column(written, expression)

    def _sort(self) -> Sort:
        self._took_word("by")
        return Sort(self._list(self._key))

    def _key(self) -> tuple[Expression, bool]:
        expression = self._expression()
        if self._took_word("desc"):
            return expression, True
        self._took_word("asc")
        return expression, False

    def _limit(self) -> Limit:
        token = self._next
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected()
        self._at += 1
        if not 0 < int(token.text) <= LIMIT_MAX:
            raise Malformed(
                f"limit must be between 1 and {LIMIT_MAX}", token.start, token.end
            )  # unverified
        return Limit(int(token.text))

    def _stats(self) -> Stats:
        self._counted = set()
        columns = self._list(self._column)
        by = self._list(self._column) if self._took_word("by") else ()
        self._counted = {each.name for each in (*columns, *by)}
        return Stats(columns, by)

    def _parse(self) -> Parse:
        source: Expression = Field("@message")
        if self._next.kind in ("word", "quoted"):
            source = self._field()
        token = self._next
        self._at += 1
        if token.kind == "regex":
            names = tuple(regex(token.text, token).groupindex)
            if not names:  # unverified
                raise Malformed("the pattern has no named groups", token.start, token.end)
            return Parse(source, token.text, names)
        if token.kind != "text":
            self._at -= 1
            raise self._unexpected()
        if not self._took_word("as"):
            raise self._unexpected()
        names = self._list(self._name)
        if token.text.count("*") != len(names):
            raise Malformed(
                f"the pattern has {token.text.count('*')} wildcards and there are {len(names)} "
                "names",
                token.start,
                token.end,
            )  # unverified
        return Parse(source, _glob(token.text), names)

    # Expressions, the loosest first

    def _expression(self) -> Expression:
        self._brackets += 1
        if self._brackets > BRACKETS_MAX:
            raise self._unexpected()
        found = [self._all()]
        while self._took_word("or") or self._took_sign("||"):
            found.append(self._all())
        self._brackets -= 1
        whole = found[0] if len(found) == 1 else Call("or", tuple(found))
        if not self._brackets and _is_too_deep(whole):
            raise self._unexpected()
        return whole

    def _all(self) -> Expression:
        found = [self._negation()]
        while self._took_word("and") or self._took_sign("&&"):
            found.append(self._negation())
        return found[0] if len(found) == 1 else Call("and", tuple(found))

    def _negation(self) -> Expression:
        negations = 0
        while self._took_word("not"):
            negations += 1
        found = self._comparison()
        return Call("not", (found,)) if negations % 2 else found

    def _comparison(self) -> Expression:
        found = self._sum()
        token = self._next
        if token.is_sign(*_COMPARISONS):
            self._at += 1
            return Call(token.text.replace("==", "="), (found, self._sum()))
        if token.is_sign("=~"):
            self._at += 1
            return Call("like", (found, self._pattern()))
        negated = token.is_word("not") and self._tokens[self._at + 1].is_word("like", "in")
        self._at += negated
        made: Expression | None = None
        if self._took_word("like"):
            made = Call("like", (found, self._pattern()))
        elif self._took_word("in"):
            made = Call("in", (found, *self._members()))
        if made is None:
            return found
        return Call("not", (made,)) if negated else made

    def _pattern(self) -> Expression:
        token = self._next
        if token.kind == "regex":
            self._at += 1
            regex(token.text, token)
            return Regex(token.text)
        return self._sum()

    def _members(self) -> tuple[Expression, ...]:
        self._sign("[")
        members = self._list(self._sum)
        self._sign("]")
        return members

    def _sum(self) -> Expression:
        found = self._product()
        while self._next.is_sign("+", "-"):
            found = Call(self._take().text, (found, self._product()))
        return found

    def _product(self) -> Expression:
        found = self._power()
        while self._next.is_sign("*", "/", "%"):
            found = Call(self._take().text, (found, self._power()))
        return found

    def _power(self) -> Expression:
        found = self._signed()
        while self._took_sign("^"):
            found = Call("^", (found, self._signed()))
        return found

    def _signed(self) -> Expression:
        minuses = 0
        while self._next.is_sign("-", "+"):
            minuses += self._take().text == "-"
        found = self._primary()
        return Call("-", (Literal(0), found)) if minuses % 2 else found

    def _primary(self) -> Expression:
        token = self._take()
        if token.kind == "number":
            return Literal(float(token.text) if "." in token.text else int(token.text))
        if token.kind == "text":
            return Literal(token.text)
        if token.kind == "period":
            count = re.match(r"\d+", token.text)
            assert count is not None
            unit = token.text[count.end() :].lower()
            return Period(int(count[0]), unit[:-1] if len(unit) > 2 and unit[-1] == "s" else unit)
        if token.kind == "regex":
            regex(token.text, token)
            return Regex(token.text)
        if token.is_sign("("):
            inner = self._expression()
            self._sign(")")
            return inner
        if token.kind == "quoted":
            return Field(token.text)
        if token.kind != "word":
            self._at -= 1
            raise self._unexpected()
        if self._next.is_sign("("):
            return self._call(token)
        if token.is_word("true", "false"):
            return Literal(token.is_word("true"))
        return Field(token.text)

    def _call(self, name: Token) -> Expression:
        """After `stats`, count(*) is the name of a column."""
        self._sign("(")
        arguments: tuple[Expression, ...] = ()
        if not self._next.is_sign(")"):
            arguments = self._list(self._argument)
        self._sign(")")
        end = self._tokens[self._at - 1].end
        if self._text[name.start : end] in self._counted:
            return Field(self._text[name.start : end])
        return Call(name.text.lower(), arguments, name.start, end)

    def _argument(self) -> Expression:
        if self._next.is_sign("*"):
            self._at += 1
            return Everything()
        return self._expression()

    # Pieces

    def _list(self, one: Callable[[], T]) -> tuple[T, ...]:
        found = [one()]
        while self._took_sign(","):
            found.append(one())
        return tuple(found)

    def _field(self) -> Expression:
        return Field(self._name())

    def _name(self) -> str:
        if self._next.kind not in ("word", "quoted", "text"):
            raise self._unexpected()
        return self._take().text

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        if token.kind == "end":
            raise self._unexpected()
        self._at += 1
        return token

    def _sign(self, sign: str) -> None:
        if not self._took_sign(sign):
            raise self._unexpected()

    def _took_sign(self, sign: str) -> bool:
        took = self._next.is_sign(sign)
        self._at += took
        return took

    def _took_word(self, word: str) -> bool:
        took = self._next.is_word(word)
        self._at += took
        return took

    def _unexpected(self) -> Malformed:
        token = self._next
        return unexpected(self._text, token.start, token.text, token.end)


def _is_too_deep(expression: Expression) -> bool:
    level = [expression]
    for _ in range(DEPTH_MAX):
        level = [part for each in level if isinstance(each, Call) for part in each.arguments]
    return bool(level)


def regex(source: str, token: Token | None = None) -> re.Pattern[str]:
    """A regular expression in AWS's words, whose named groups are Java's. Raises Malformed."""
    try:
        return re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", source))
    except re.error as fault:
        start, end = (token.start, token.end) if token else (0, 0)
        raise Malformed(f"invalid regular expression: {fault}", start, end) from None


def _glob(text: str) -> str:
    """Each asterisk is a group, as short as may be; the last one, at the end, has the rest."""
    parts = text.split("*")
    pattern = "(.*?)".join(re.escape(part) for part in parts)
    return f"(?s){pattern}$" if len(parts) > 1 and not parts[-1] else f"(?s){pattern}"
