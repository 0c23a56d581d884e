"""Expressions: the trees that DAX's clients send, as texts with placeholders.

The clients have parsed the expression and put names and values into the tree. Writing it down
again, with every name as `#n` and every value as `:n`, leads it through the one parser and the
one set of checks that the HTTP door has. Only used values become placeholders, each name once.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.errors import validation

from .cbor import (
    ARRAY,
    INDEFINITE,
    LIST_INDEX,
    TAG,
    TEXT,
    Broken,
    is_break,
    read_head,
    read_int,
    read_string,
)
from .values import Value, read_value

FORMAT = 1
DEPTH_MAX = 350
"""More than the 300 operators that an expression may have; each level is a Python frame."""

AND, OR, NOT, BETWEEN, IN = 6, 7, 8, 9, 10
VARIABLE, PATH = 17, 18
SET, ADD, DELETE, REMOVE = 19, 20, 21, 22
PLUS, MINUS = 25, 26

COMPARATORS = ("=", "<>", "<", ">=", ">", "<=")
FUNCTIONS = {
    11: "attribute_exists",
    12: "attribute_not_exists",
    13: "attribute_type",
    14: "begins_with",
    15: "contains",
    16: "size",
    23: "if_not_exists",
    24: "list_append",
}
SECTIONS = {SET: "SET", REMOVE: "REMOVE", ADD: "ADD", DELETE: "DELETE"}

Tree = Any
"""A list whose first member is a code; a string or an Index in a path."""
Path = tuple[str | int, ...]


class Index(int):
    """A list index in a document path (tag 3324)."""


class Placeholders:
    """The names and values of one request, shared by its expressions."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Value] = {}
        self._aliases: dict[str, str] = {}

    def name(self, name: str) -> str:
        alias = self._aliases.get(name)
        if alias is None:
            alias = self._aliases[name] = f"#{len(self._aliases)}"
            self.names[alias] = name
        return alias

    def value(self, value: Value) -> str:
        name = f":{len(self.values)}"
        self.values[name] = value
        return name

    def add_to(self, request: dict[str, Any]) -> None:
        """Give a request the maps that its expressions refer to."""
        if self.names:
            request["ExpressionAttributeNames"] = self.names
        if self.values:
            request["ExpressionAttributeValues"] = self.values


def condition(blob: bytes, placeholders: Placeholders) -> str:
    """The text of a condition, filter or key condition. Raises Broken or Truncated."""
    tree, values = _read(blob)
    return _Writer(placeholders, values).condition(tree)


def update(blob: bytes, placeholders: Placeholders) -> str:
    """The text of an update."""
    tree, values = _read(blob)
    writer = _Writer(placeholders, values)
    sections: dict[int, list[str]] = {}
    for action in tree:
        sections.setdefault(_code(action), []).append(writer.action(action))
    try:
        return " ".join(f"{SECTIONS[code]} {','.join(each)}" for code, each in sections.items())
    except KeyError:
        raise Broken("not an update's action") from None


class Projection:
    """A projection: its paths in the order that replies refer to.

    text: what the operation is asked for. Replies tell values by path, but an operation answers
    with the paths put together, from which two list elements could not be told apart; so for
    paths inside of attributes the whole attributes are asked for, and `replies` picks the rest.
    """

    __slots__ = ("paths", "text")

    def __init__(self, blob: bytes, placeholders: Placeholders) -> None:
        tree, _ = _read(blob)
        self.paths: list[Path] = [_path(each) for each in tree]
        wanted = self.paths
        if any(len(path) > 1 for path in wanted) and not _overlap(wanted):
            wanted = [(name,) for name in dict.fromkeys(path[0] for path in wanted)]
        self.text = ",".join(_path_text(path, placeholders) for path in wanted)


def _overlap(paths: list[Path]) -> bool:
    """Whether the operation will refuse the paths: one leads into another, or two disagree on
    whether something is a list or a map."""
    tree: dict[str | int, Any] = {}
    ends: set[int] = set()
    for path in paths:
        node = tree
        for step in path:
            if id(node) in ends or (node and type(step) is not type(next(iter(node)))):
                return True
            node = node.setdefault(step, {})
        if node or id(node) in ends:
            return True
        ends.add(id(node))
    return False


class _Writer:
    """Writes one tree; `values` are the encoded ones that it refers to by position."""

    def __init__(self, placeholders: Placeholders, values: list[Value]) -> None:
        self._placeholders = placeholders
        self._values = values
        self._written: dict[int, str] = {}

    def condition(self, tree: Tree, above: int = -1) -> str:
        """above: the code of what encloses it, for the parentheses."""
        code = _code(tree)
        if code < 6:
            left, right = _parts(tree, 2)
            return f"{self.operand(left)}{COMPARATORS[code]}{self.operand(right)}"
        if code in (AND, OR):
            left, right = _parts(tree, 2)
            word = " AND " if code == AND else " OR "
            text = f"{self.condition(left, code)}{word}{self.condition(right, code)}"
            return f"({text})" if above not in (-1, code) else text
        if code == NOT:
            (inner,) = _parts(tree, 1)
            return f"NOT {self.condition(inner, code)}"
        if code == BETWEEN:
            operand, low, high = map(self.operand, _parts(tree, 3))
            return f"{operand} BETWEEN {low} AND {high}"
        if code == IN:
            operand, choices = _parts(tree, 2)
            if type(choices) is not list:
                raise Broken("IN takes a list")
            return f"{self.operand(operand)} IN({','.join(map(self.operand, choices))})"
        return self.operand(tree)

    def operand(self, tree: Tree) -> str:
        code = _code(tree)
        if code == PATH:
            return _path_text(_path(tree), self._placeholders)
        if code == VARIABLE:
            (index,) = _parts(tree, 1)
            return self._value(index)
        if code in (PLUS, MINUS):
            left, right = _parts(tree, 2)
            return f"{self.operand(left)}{'+' if code == PLUS else '-'}{self.operand(right)}"
        name = FUNCTIONS.get(code)
        if name is None:
            raise Broken("not an operand")
        return f"{name}({','.join(map(self.operand, tree[1:]))})"

    def action(self, tree: Tree) -> str:
        code = _code(tree)
        if code == REMOVE:
            (path,) = _parts(tree, 1)
            return _path_text(_path(path), self._placeholders)
        path, operand = _parts(tree, 2)
        sign = "=" if code == SET else " "
        return f"{_path_text(_path(path), self._placeholders)}{sign}{self.operand(operand)}"

    def _value(self, index: Any) -> str:
        if type(index) is not int or not 0 <= index < len(self._values):
            raise Broken("no such value")
        name = self._written.get(index)
        if name is None:
            name = self._written[index] = self._placeholders.value(self._values[index])
        return name


def _code(tree: Tree) -> int:
    if type(tree) is not list or not tree or type(tree[0]) is not int or tree[0] < 0:
        raise Broken("not an expression")
    return tree[0]


def _parts(tree: list[Tree], count: int) -> list[Tree]:
    if len(tree) != count + 1:
        raise Broken("wrong number of operands")
    return tree[1:]


def _path(tree: Tree) -> Path:
    if _code(tree) != PATH or len(tree) < 2 or type(tree[1]) is not str:
        raise Broken("not a document path")
    for step in tree[2:]:
        if type(step) is not str and type(step) is not Index:
            raise Broken("not a step of a document path")
    return tuple(int(step) if type(step) is Index else step for step in tree[1:])


def _path_text(path: Path, placeholders: Placeholders) -> str:
    text = placeholders.name(str(path[0]))
    for step in path[1:]:
        text += f"[{step}]" if type(step) is int else f".{placeholders.name(str(step))}"
    return text


def _read(blob: bytes) -> tuple[list[Tree], list[Value]]:
    """The tree and its values."""
    kind, count, at = read_head(blob, 0)
    if kind != ARRAY or count not in (2, 3):
        raise Broken("not an expression")
    version, at = read_int(blob, at)
    if version != FORMAT:
        raise Broken("unknown format of expressions")
    tree, at = _read_tree(blob, at, 0)
    if type(tree) is not list:
        raise Broken("not an expression")
    values: list[Value] = []
    if count == 3:
        kind, left, at = read_head(blob, at)
        if kind != ARRAY:
            raise Broken("values are an array")
        while left == INDEFINITE or len(values) < left:
            if left == INDEFINITE and is_break(blob, at):
                break
            value, at = read_value(blob, at)
            values.append(value)
    return tree, values


def _read_tree(blob: bytes, at: int, depth: int) -> tuple[Tree, int]:
    kind, argument, start = read_head(blob, at)
    if kind == TEXT:
        return read_string(blob, at)
    if kind == TAG and argument == LIST_INDEX:
        index, at = read_int(blob, start)
        if index < 0:
            raise Broken("negative list index")
        return Index(index), at
    if kind != ARRAY:
        return read_int(blob, at)
    if depth > DEPTH_MAX:
        # Unverified: what DAX says; DynamoDB allows 300 operators.
        raise validation("The expression contains too many operators")
    found: list[Tree] = []
    while argument == INDEFINITE or len(found) < argument:
        if argument == INDEFINITE and is_break(blob, start):
            return found, start + 1
        item, start = _read_tree(blob, start, depth + 1)
        found.append(item)
    return found, start
