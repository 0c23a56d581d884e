"""Words of a statement, for those parts of Athena's SQL that are Hive's.

Queries inside (CREATE TABLE … AS SELECT) are not taken apart here: they are stretches of text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jedlik.services.athena.sql.faults import Malformed

_TOKEN = r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      |(?P<string>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")
      |(?P<tick>`(?:[^`]|``)*`)
      |(?P<number>\d+(?:\.\d+)?)
      |(?P<word>[A-Za-z_][\w$]*|\d+[A-Za-z_]\w*)
      |(?P<sign>.)"""
_HIVE = re.compile(_TOKEN, re.VERBOSE | re.DOTALL)
_TRINO = re.compile(_TOKEN.replace(r"\\]", "]").replace(r"|\\.)", ")"), re.VERBOSE | re.DOTALL)
"""The same, but that a backslash is nothing special in a text."""
_SPACE = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b"}


class Token(NamedTuple):
    """kind: "string" (quoted), "tick" (in backquotes), "number", "word", "sign" or "end"."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """What it names, without quotes."""
        if self.kind == "tick":
            return self.text[1:-1].replace("``", "`")
        if self.kind == "string":
            return unquoted(self.text)
        return self.text


class Words:
    """The tokens of a statement, and where the reader is."""

    def __init__(self, text: str, *, hive: bool = True) -> None:
        """hive: whether backslashes escape."""
        self.text = text
        self.tokens: list[Token] = []
        for found in (_HIVE if hive else _TRINO).finditer(text):
            kind = found.lastgroup or "sign"
            if kind == "sign" and (found[0] in "'\"`" or text.startswith("/*", found.start())):
                # At once: looking for the end again from the next sign on would take for ever.
                raise Malformed("line 1:1: a quoted text or a comment does not end")
            if kind != "space":
                self.tokens.append(Token(kind, found.group(), found.start(), found.end()))
        while self.tokens and self.tokens[-1].text == ";":
            self.tokens.pop()
        end = self.tokens[-1].end if self.tokens else 0
        self.end = Token("end", "<EOF>", end, end)
        self.at = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else self.end

    def ahead(self, count: int) -> Token:
        at = self.at + count
        return self.tokens[at] if at < len(self.tokens) else self.end

    def take(self) -> Token:
        found = self.next
        self.at += 1
        return found

    def sees(self, *words: str) -> bool:
        """Whether these words come next; quoted ones are never key words."""
        return all(
            (found := self.ahead(place)).kind in ("word", "sign", "number")
            and found.text.upper() == word
            for place, word in enumerate(words)
        )

    def accept(self, *words: str) -> bool:
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def need(self, *words: str) -> None:
        if not self.accept(*words):
            raise self.refused(f"'{' '.join(words)}'")

    def identifier(self) -> str:
        """A name, in lower case as Hive keeps all of them."""
        if self.next.kind not in ("word", "tick", "string"):
            raise self.refused("<identifier>")
        return self.take().name.lower()

    def string(self) -> str:
        if self.next.kind != "string":
            raise self.refused("<string>")
        return self.take().name

    def integer(self) -> int:
        if self.next.kind != "number" or not self.next.text.isdecimal():
            raise self.refused("<integer>")
        return int(self.take().text)

    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def rest(self) -> str:
        """All that is left, as it was written."""
        return self.text[self.next.start : self.end.end]

    def finish(self) -> None:
        if not self.done():
            raise self.refused("<EOF>")

    def group(self) -> str:
        """What stands in the parentheses that open here, as it was written; moves behind them."""
        self.need("(")
        start, depth = self.next.start, 1
        while True:
            found = self.take()
            if found.kind == "end":
                raise self.refused("')'")
            if found.kind == "sign":
                depth += (found.text == "(") - (found.text == ")")
                if not depth:
                    return self.text[start : found.start]

    def refused(self, expected: str) -> Malformed:
        found = self.next
        before = self.text[: found.start]
        line = before.count("\n") + 1
        column = found.start - (before.rfind("\n") + 1) + 1
        return Malformed(
            f"line {line}:{column}: mismatched input '{found.text}'. Expecting: {expected}"
        )


def first_words(text: str) -> list[str]:
    """The first two words of a statement, in upper case."""
    found: list[str] = []
    at = 0
    for _ in range(2):
        space = _SPACE.match(text, at)
        assert space is not None
        word = re.compile(r"\w+|.", re.DOTALL).match(text, space.end())
        if word is None:
            break
        found.append(word[0].upper())
        at = word.end()
    return found


def unquoted(text: str) -> str:
    """The text of a literal: doubled quotes and Hive's backslashes."""
    body = text[1:-1].replace(text[0] * 2, text[0])

    def escaped(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        if found[2]:
            return chr(int(found[2], 8))
        return _ESCAPES.get(found[3], found[3] if found[3] in "\\'\"" else "\\" + found[3])

    return re.sub(r"\\(?:u([0-9A-Fa-f]{4})|([0-3][0-7]{2})|(.))", escaped, body, flags=re.DOTALL)


def split_at_commas(text: str, *, hive: bool = False) -> list[str]:
    """The parts between commas that are in no parentheses and no quotes."""
    words, parts, start, depth = Words(text, hive=hive), [], 0, 0
    for token in words.tokens:
        if token.kind != "sign":
            continue
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and not depth:
            parts.append(text[start : token.start].strip())
            start = token.end
    last = text[start:].strip()
    return [*parts, last] if last or parts else []
