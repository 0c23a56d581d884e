"""Rules of composite alarms: `ALARM("a") AND NOT (OK(b) OR TRUE)`.

    or := and ("OR" and)*; and := not ("AND" not)*; not := "NOT" not | "(" or ")" | TRUE | FALSE
        | (ALARM | OK | INSUFFICIENT_DATA) "(" name or ARN, quoted or not ")"
        | AT_LEAST "(" number [%] "," state "," "(" names ")" ")"

API reference, PutCompositeAlarm.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jedlik.services.cloudwatch.limits import EXPRESSION_DEPTH_MAX

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_TOKEN = re.compile(r'\s*(?:([(),])|"((?:[^"\\]|\\.)*)"|([^\s(),"]+))')

States = Mapping[str, str]
"""The state of each alarm by its name; absent: no such alarm."""
Holds = Callable[[States], bool]


class BadRule(Exception):
    """The text is no rule; the message tells why."""


@dataclass(frozen=True)
class Rule:
    """holds: whether the composite alarm is in ALARM. alarms: the names in the rule."""

    holds: Holds
    alarms: frozenset[str]


def parse_rule(text: str) -> Rule:
    """Raises BadRule."""
    parser = _Parser(text)
    holds = parser.whole()
    return Rule(holds, frozenset(parser.alarms))


class _Parser:
    def __init__(self, text: str) -> None:
        self.alarms: set[str] = set()
        self._tokens: list[tuple[str, bool]] = []
        self._at = 0
        self._depth = 0
        at, text = 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise BadRule(f"unexpected {text[at:].strip()[:20]!r}")
            quoted = match[2] is not None
            found = match[2] if quoted else match[1] or match[3]
            self._tokens.append((re.sub(r"\\(.)", r"\1", found) if quoted else found, quoted))
            at = match.end()

    def whole(self) -> Holds:
        holds = self._or()
        if self._at < len(self._tokens):
            raise BadRule(f"unexpected {self._tokens[self._at][0]!r}")
        return holds

    def _or(self) -> Holds:
        self._depth += 1
        if self._depth > EXPRESSION_DEPTH_MAX:
            raise BadRule("the rule nests too deep")
        options = [self._and()]
        while self._word("OR"):
            options.append(self._and())
        self._depth -= 1
        return lambda states: any(option(states) for option in options)

    def _and(self) -> Holds:
        needed = [self._not()]
        while self._word("AND"):
            needed.append(self._not())
        return lambda states: all(need(states) for need in needed)

    def _not(self) -> Holds:
        negative = False
        while self._word("NOT"):
            negative = not negative
        inner = self._atom()
        return (lambda states: not inner(states)) if negative else inner

    def _atom(self) -> Holds:
        text, quoted = self._next()
        if text == "(" and not quoted:
            found = self._or()
            self._expect(")")
            return found
        if not quoted and text in ("TRUE", "FALSE"):
            return lambda states: text == "TRUE"
        if not quoted and text in STATES:
            self._expect("(")
            name = self._name()
            self._expect(")")
            return lambda states: states.get(name) == text
        if not quoted and text == "AT_LEAST":
            return self._at_least()
        raise BadRule(f"unexpected {text!r}")

    def _at_least(self) -> Holds:
        self._expect("(")
        number, _ = self._next()
        if not re.fullmatch(r"\d{1,4}%?", number):
            raise BadRule(f"unexpected {number!r}")
        self._expect(",")
        state, _ = self._next()
        negative = state == "NOT"
        if negative:
            state, _ = self._next()
        if state not in STATES:
            raise BadRule(f"unexpected {state!r}")
        self._expect(",")
        self._expect("(")
        names = [self._name()]
        while self._sign(","):
            names.append(self._name())
        self._expect(")")
        self._expect(")")
        count = int(number.rstrip("%"))
        needed = math.ceil(count * len(names) / 100) if number.endswith("%") else count

        def holds(states: States) -> bool:
            have = sum((states.get(name) == state) != negative for name in names)
            return have >= needed

        return holds

    def _name(self) -> str:
        text, quoted = self._next()
        if not quoted and text in ("(", ")", ","):
            raise BadRule(f"unexpected {text!r}")
        name = text.partition(":alarm:")[2] if text.startswith("arn:") else text
        self.alarms.add(name)
        return name

    def _next(self) -> tuple[str, bool]:
        if self._at >= len(self._tokens):
            raise BadRule("the rule ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _word(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == (word, False):
            self._at += 1
            return True
        return False

    def _sign(self, sign: str) -> bool:
        return self._word(sign)

    def _expect(self, sign: str) -> None:
        if not self._word(sign):
            found = self._tokens[self._at][0] if self._at < len(self._tokens) else "the end"
            raise BadRule(f"expected {sign!r}, found {found!r}")
