"""Items as Ion text, as exports write and imports read them.

Types map as AWS's do: sets are lists annotated `$dynamodb_SS`, `$dynamodb_NS`, `$dynamodb_BS`,
numbers are decimals, binaries blobs. What has no counterpart in an item (timestamps, clobs,
symbols, s-expressions) is refused. Ion's binary form is not read.
"""

from __future__ import annotations

import json
import re
from typing import Any

MARKER = "$ion_1_0 "
_SETS = {"SS": "$dynamodb_SS", "NS": "$dynamodb_NS", "BS": "$dynamodb_BS"}
_KINDS = {annotation: kind for kind, annotation in _SETS.items()}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(("null", "true", "false", "nan"))
_SPACE = re.compile(r"(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_SYMBOL = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_NUMBER = re.compile(r"[+-]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[dDeE][+-]?[0-9]+)?")
_HEX = re.compile(r"-?0[xX][0-9a-fA-F_]+|-?0[bB][01_]+")
_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_LONG = re.compile(r"'''((?:[^'\\]|\\.|'(?!''))*)'''", re.DOTALL)
_QUOTED = re.compile(r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL)
_BLOB = re.compile(r"\{\{\s*([A-Za-z0-9+/=\s]*)\}\}")
_TIMESTAMP = re.compile(r"[0-9]{4}(?:T|-[0-9]{2})")
_ESCAPE = re.compile(r"\\(x..|u....|U........|\n|.)", re.DOTALL)
_ESCAPED = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r",
            "v": "\v", '"': '"', "'": "'", "?": "?", "\\": "\\", "/": "/", "\n": ""}  # fmt: skip
DEPTH_MAX = 64


class BadIon(ValueError):
    """What is no item in Ion text; the message says why."""


class Incomplete(BadIon):
    """It ends in the middle; there may be more on the next line."""


def ion_item(item: dict[str, Any]) -> str:
    """An item, or any map of attributes, as an Ion struct."""
    return "{" + ",".join(f"{_name(key)}:{_value(value)}" for key, value in item.items()) + "}"


def _value(value: dict[str, Any]) -> str:
    ((kind, content),) = value.items()
    if kind == "S":
        return json.dumps(content, ensure_ascii=False)
    if kind == "N":
        return _number(content)
    if kind == "B":
        return f"{{{{{content}}}}}"
    if kind == "BOOL":
        return "true" if content else "false"
    if kind == "NULL":
        return "null"
    if kind == "M":
        return ion_item(content)
    if kind == "L":
        return "[" + ",".join(map(_value, content)) + "]"
    element = kind[0]
    return _SETS[kind] + "::[" + ",".join(_value({element: each}) for each in content) + "]"


def _number(text: str) -> str:
    if "E" in text:
        return text.replace("E+", "d").replace("E", "d")
    return text if "." in text else text + "."


def _name(name: str) -> str:
    if _IDENTIFIER.fullmatch(name) and name not in _RESERVED:
        return name
    return "'" + json.dumps(name, ensure_ascii=False)[1:-1].replace("'", "\\'") + "'"


def ion_structs(text: str) -> list[dict[str, Any]]:
    """Every struct of the text, as maps of attributes. Raises BadIon; Incomplete if it breaks
    off."""
    try:
        return plain_structs(text)
    except NotPlain:
        return any_structs(text)


def any_structs(text: str) -> list[dict[str, Any]]:
    """The same, for all that Ion allows."""
    parser = _Parser(text)
    found: list[dict[str, Any]] = []
    while True:
        parser.skip()
        if parser.at >= len(text):
            return found
        value = parser.value(0)
        if value is None:
            continue
        if "M" not in value:
            raise BadIon("Expected an Ion struct")
        found.append(value["M"])


class NotPlain(Exception):
    """The text is to be read by the rules of all of Ion, or is wrong."""


_PLAIN_START = re.compile(r"\s*(?:\$ion_1_0\s+)?(\{|$)")
_PLAIN_FIELD = re.compile(
    r"\s*(?:(\})|(?:([A-Za-z_][A-Za-z0-9_]*)|'([^'\\]*(?:\\.[^'\\]*)*)')\s*:\s*)", re.DOTALL
)
_PLAIN_VALUE = re.compile(
    r'"([^"\\]*(?:\\.[^"\\]*)*)"'  # 1 a string
    r"|(-?[0-9]+(?:\.[0-9]*)?)(?=[\s,}\]])"  # 2 a number
    r"|\{\{([A-Za-z0-9+/=]*)\}\}"  # 3 a blob
    r"|(\{)|(\[)"  # 4 a struct, 5 a list
    r"|(true|false)(?=[\s,}\]])|(null)(?=[\s,}\]])"  # 6, 7
    r"|\$dynamodb_(SS|NS|BS)::\[",  # 8 a set
    re.DOTALL,
)
_PLAIN_SEPARATOR = re.compile(r"\s*([,}\]])\s*")


def plain_structs(text: str) -> list[dict[str, Any]]:
    """What exporters write, which is little of Ion, several times as fast. Raises NotPlain."""
    found: list[dict[str, Any]] = []
    at = 0
    while True:
        start = _PLAIN_START.match(text, at)
        if start is None:
            raise NotPlain
        if not start[1]:
            return found
        struct, at = _plain_struct(text, start.end(), 0)
        found.append(struct)


def _plain_struct(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    """The struct behind its brace, and where it ends."""
    found: dict[str, Any] = {}
    if depth > DEPTH_MAX:
        raise NotPlain
    while True:
        field = _PLAIN_FIELD.match(text, at)
        if field is None or (field[2] in _RESERVED):
            raise NotPlain
        if field[1]:
            return found, field.end()
        name = field[2]
        if name is None:
            name = field[3]
            if "\\" in name:
                name = _ESCAPE.sub(_unescaped, name)
        value, at = _plain_value(text, field.end(), depth)
        found[name] = value
        separator = _PLAIN_SEPARATOR.match(text, at)
        if separator is None or separator[1] == "]":
            raise NotPlain
        at = separator.end()
        if separator[1] == "}":
            return found, at


def _plain_list(text: str, at: int, depth: int) -> tuple[list[dict[str, Any]], int]:
    """The list behind its bracket, and where it ends."""
    found: list[dict[str, Any]] = []
    separator = _PLAIN_SEPARATOR.match(text, at)
    if separator is not None and separator[1] == "]":
        return found, separator.end()
    while True:
        value, at = _plain_value(text, at, depth)
        found.append(value)
        separator = _PLAIN_SEPARATOR.match(text, at)
        if separator is None or separator[1] == "}":
            raise NotPlain
        at = separator.end()
        if separator[1] == "]":
            return found, at


def _plain_value(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    value = _PLAIN_VALUE.match(text, at)
    if value is None:
        raise NotPlain
    kind, at = value.lastindex, value.end()
    if kind == 1:
        content = value[1]
        return {"S": _ESCAPE.sub(_unescaped, content) if "\\" in content else content}, at
    if kind == 2:
        return {"N": value[2].removesuffix(".")}, at
    if kind == 3:
        return {"B": value[3]}, at
    if kind == 4:
        struct, at = _plain_struct(text, at, depth + 1)
        return {"M": struct}, at
    if kind == 5:
        elements, at = _plain_list(text, at, depth + 1)
        return {"L": elements}, at
    if kind == 6:
        return {"BOOL": value[6] == "true"}, at
    if kind == 7:
        return {"NULL": True}, at
    elements, at = _plain_list(text, at, depth + 1)
    name = value[8]
    if not all(name[0] in each for each in elements):
        raise NotPlain
    return {name: [each[name[0]] for each in elements]}, at


class _Parser:
    """A recursive descent over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def skip(self) -> None:
        found = _SPACE.match(self._text, self.at)
        assert found is not None
        self.at = found.end()

    def value(self, depth: int) -> dict[str, Any] | None:
        """The next value as an attribute value; None for a version marker."""
        if depth > DEPTH_MAX:
            raise BadIon("Nested too deep")
        self.skip()
        text, at = self._text, self.at
        if at >= len(text):
            raise Incomplete("Unexpected end of Ion text")
        char = text[at]
        if char == '"':
            return {"S": self._string(_STRING)}
        if char == "'" and text.startswith("'''", at):
            parts = []
            while text.startswith("'''", self.at):
                parts.append(self._string(_LONG))
                self.skip()
            return {"S": "".join(parts)}
        if text.startswith("{{", at):
            blob = _BLOB.match(text, at)
            if blob is None:
                raise Incomplete("A blob breaks off") if "}}" not in text[at:] else BadIon("A clob")
            self.at = blob.end()
            return {"B": "".join(blob[1].split())}
        if char == "{":
            return {"M": self._struct(depth)}
        if char == "[":
            return {"L": self._list(depth)}
        if char in "+-0123456789":
            return self._parse_number()
        return self._word(depth)

    def _word(self, depth: int) -> dict[str, Any] | None:
        quoted = self._text[self.at] == "'"
        if quoted:
            word = self._string(_QUOTED)
        else:
            found = _SYMBOL.match(self._text, self.at)
            if found is None:
                raise BadIon(f"Unexpected {self._text[self.at]!r} in Ion text")
            word = found[0]
            self.at = found.end()
        self.skip()
        if self._text.startswith("::", self.at):
            self.at += 2
            return self._annotated(word, depth)
        if quoted:
            raise BadIon("Ion symbols are not supported")
        if word == "$ion_1_0" and depth == 0:
            return None
        if word in ("true", "false"):
            return {"BOOL": word == "true"}
        if word == "null":
            if self._text.startswith(".", self.at):
                kind = _SYMBOL.match(self._text, self.at + 1)
                self.at = kind.end() if kind else self.at + 1
            return {"NULL": True}
        raise BadIon(f"Ion symbols are not supported: {word}")

    def _annotated(self, annotation: str, depth: int) -> dict[str, Any]:
        value = self.value(depth + 1)
        kind = _KINDS.get(annotation)
        if value is None or kind is None:
            raise BadIon(f"The Ion annotation {annotation} is not supported")
        if "L" not in value or not all(kind[0] in each for each in value["L"]):
            raise BadIon(f"{annotation} must annotate a list of its elements")
        return {kind: [each[kind[0]] for each in value["L"]]}

    def _struct(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.at += 1
        while not self._closes("}"):
            name = self._field_name()
            self.skip()
            self._expect(":")
            value = self.value(depth + 1)
            if value is None:
                raise BadIon("A field without a value")
            found[name] = value
            self._comma("}")
        return found

    def _list(self, depth: int) -> list[Any]:
        found = []
        self.at += 1
        while not self._closes("]"):
            found.append(self.value(depth + 1))
            self._comma("]")
        return found

    def _field_name(self) -> str:
        char = self._text[self.at]
        if char == '"':
            return self._string(_STRING)
        if self._text.startswith("'''", self.at):
            return self._string(_LONG)
        if char == "'":
            return self._string(_QUOTED)
        found = _SYMBOL.match(self._text, self.at)
        if found is None:
            raise BadIon(f"Unexpected {char!r} where a field's name should be")
        self.at = found.end()
        return found[0]

    def _closes(self, end: str) -> bool:
        self.skip()
        if self.at >= len(self._text):
            raise Incomplete("Unexpected end of Ion text")
        if self._text[self.at] == end:
            self.at += 1
            return True
        return False

    def _comma(self, end: str) -> None:
        self.skip()
        if not self._text.startswith(end, self.at):
            self._expect(",")

    def _expect(self, char: str) -> None:
        if self.at >= len(self._text):
            raise Incomplete("Unexpected end of Ion text")
        if self._text[self.at] != char:
            raise BadIon(f"Expected {char!r}, found {self._text[self.at]!r}")
        self.at += 1

    def _parse_number(self) -> dict[str, Any]:
        based = _HEX.match(self._text, self.at)
        if based is not None:
            self.at = based.end()
            return {"N": str(int(based[0].replace("_", ""), 0))}
        found = _NUMBER.match(self._text, self.at)
        if found is None:
            raise BadIon("A number that is none")
        if _TIMESTAMP.match(self._text, self.at):
            raise BadIon("Ion timestamps are not supported")
        self.at = found.end()
        digits = found[0].replace("_", "").replace("d", "E").replace("D", "E").replace("e", "E")
        mantissa, _, exponent = digits.partition("E")
        mantissa = mantissa.removesuffix(".").removeprefix("+")
        return {"N": mantissa + ("E" + exponent if exponent else "")}

    def _string(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self.at)
        if found is None:
            raise Incomplete("A string breaks off")
        self.at = found.end()
        return _ESCAPE.sub(_unescaped, found[1]) if "\\" in found[1] else found[1]


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    try:
        if code[0] in "xuU":
            return chr(int(code[1:], 16))
        return _ESCAPED[code]
    except (KeyError, ValueError, OverflowError):
        raise BadIon(f"Unknown escape \\{code}") from None
