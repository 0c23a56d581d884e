"""From a query's text to tokens. A slash begins a regular expression only where one can be."""

from __future__ import annotations

import re
from typing import NamedTuple

from jedlik.services.logs.insights.faults import Malformed

_SPACE = re.compile(r"(?:\s+|#[^\n]*)+")
_TOKEN = re.compile(
    r"""(?P<period>\d+[A-Za-z]+)"""
    r"""|(?P<number>\d+(?:\.\d+)?|\.\d+)"""
    r"""|(?P<word>[@A-Za-z_$][\w.@$]*)"""
    r"""|`(?P<quoted>[^`]+)`"""
    r"""|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<sign>=~|!=|<=|>=|==|&&|\|\||[=<>|(),+\-*/%^\[\]])""",
    re.DOTALL,
)
_REGEX = re.compile(r"/((?:[^/\\]|\\.)+)/")


class Token(NamedTuple):
    """kind: "word", "quoted" (a field's name), "number", "period", "text", "regex", "sign", "end".
    text: without quotes or slashes."""

    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words

    def is_sign(self, *signs: str) -> bool:
        return self.kind == "sign" and self.text in signs


def tokens(query: str) -> list[Token]:
    """Raises Malformed."""
    found: list[Token] = []
    at = 0
    while True:
        space = _SPACE.match(query, at)
        at = space.end() if space else at
        if at >= len(query):
            found.append(Token("end", "end of query", at, at))
            return found
        if query[at] == "/" and _may_begin_regex(found):
            regex = _REGEX.match(query, at)
            if regex is None:
                raise unexpected(query, at, query[at])
            found.append(Token("regex", regex[1].replace("\\/", "/"), at, regex.end()))
            at = regex.end()
            continue
        match = _TOKEN.match(query, at)
        if match is None or match.lastgroup is None:
            raise unexpected(query, at, query[at])
        text = match[match.lastgroup]
        if match.lastgroup == "text":
            text = re.sub(r"\\(.)", _unescaped, text[1:-1], flags=re.DOTALL)
        found.append(Token(match.lastgroup, text, at, match.end()))
        at = match.end()


def unexpected(query: str, at: int, what: str, end: int | None = None) -> Malformed:
    """Unverified text."""
    line = query.count("\n", 0, at) + 1
    column = at - (query.rfind("\n", 0, at) + 1)
    return Malformed(
        f"unexpected symbol found {what} at line {line} and position {column}",
        at,
        at + 1 if end is None else end,
    )


def _may_begin_regex(before: list[Token]) -> bool:
    """After `like`, `=~`, `parse` and `parse field`, or inside a call."""
    if not before:
        return False
    last = before[-1]
    if last.is_word("like", "parse") or last.is_sign("=~", ",", "("):
        return True
    return len(before) > 1 and before[-2].is_word("parse")


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(
        match[1], match[1] if match[1] in "\"'\\" else match[0]
    )
