"""Recursive-descent parsers: text to syntax trees, with AWS's complaints about the text itself.

Raises Invalid with the text after "Invalid …Expression: "; whoever knows which parameter it is adds
that. Refuses in AWS's order: size, syntax, redundant parentheses, then (see placement.py)
reserved words and misplaced functions. One Python frame per nesting level, so that no expression of
4 KB exhausts the stack.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, cast

from jedlik.tables.expressions import placement
from jedlik.tables.expressions.lexer import Token, tokens_of
from jedlik.tables.expressions.syntax import (
    Action,
    Alias,
    And,
    Arithmetic,
    Between,
    Compare,
    Function,
    In,
    Node,
    Not,
    Operand,
    Or,
    Path,
    Section,
    Value,
)
from jedlik.values import Invalid

SIZE_BYTES_MAX = 4096
# Deeper than any valid expression: each useful level costs an operator, of which there are 300.
DEPTH_MAX = 310

COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
SECTIONS = frozenset(("set", "remove", "add", "delete"))
REDUNDANT = "The expression has redundant parentheses;"


@lru_cache(maxsize=2048)
def parse_condition(text: str) -> Node:
    """A condition, filter or key condition."""
    parser = _Parser(text)
    node = parser.condition()
    parser.finish()
    placement.check_condition(node)
    return node


@lru_cache(maxsize=2048)
def parse_projection(text: str) -> tuple[Path, ...]:
    """The paths of a projection, in order."""
    parser = _Parser(text)
    paths = parser.paths()
    parser.finish()
    placement.check_projection(paths)
    return paths


@lru_cache(maxsize=2048)
def parse_update(text: str) -> tuple[Section, ...]:
    """The sections of an update, in order, each keyword once."""
    parser = _Parser(text)
    sections = parser.sections()
    parser.finish()
    placement.check_update(sections)
    return sections


class _Parser:
    def __init__(self, text: str) -> None:
        if not text:
            raise Invalid("The expression can not be empty;")
        size = len(text) if text.isascii() else len(text.encode())
        if size > SIZE_BYTES_MAX:
            raise Invalid(
                f"Expression size has exceeded the maximum allowed size; expression size: {size}"
            )
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0
        self.kind = self.tokens[0].kind
        # Where parentheses that only group were opened.
        self.groups: set[int] = set()

    def finish(self) -> None:
        if self.kind != "end":
            raise self.refusal()

    def advance(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        self.kind = self.tokens[self.at].kind
        return token

    def expect(self, kind: str) -> Token:
        if self.kind != kind:
            raise self.refusal()
        if kind == "end":
            return self.tokens[self.at]
        return self.advance()

    def refusal(self) -> Invalid:
        """AWS shows the offending token with its neighbours as they are written."""
        token = self.tokens[self.at]
        start = self.tokens[self.at - 1].start if self.at else 0
        end = self.tokens[self.at + 1].end if token.kind != "end" else token.end
        near = self.text[start:end]
        return Invalid(f'Syntax error; token: "{token.text}", near: "{near}"')

    # Conditions

    def condition(self, depth: int = 0, grouped: bool = False) -> Node:
        """or-list of and-lists; inside a grouping parenthesis a lone operand may come back."""
        if depth > DEPTH_MAX:
            raise Invalid(REDUNDANT)
        alternatives: list[Node] = []
        while True:
            together: list[Node] = []
            while True:
                negations = 0
                while self.kind == "not":
                    self.advance()
                    negations += 1
                alone = grouped and not (negations or together or alternatives)
                node = self._predicate(depth, alone)
                if alone and isinstance(node, (Path, Value)):
                    return node
                for _ in range(negations):
                    node = Not(node)
                together.append(node)
                if self.kind != "and":
                    break
                self.advance()
            alternatives.append(together[0] if len(together) == 1 else And(tuple(together)))
            if self.kind != "or":
                break
            self.advance()
        return alternatives[0] if len(alternatives) == 1 else Or(tuple(alternatives))

    def _predicate(self, depth: int, alone: bool) -> Node:
        left: Node | Operand
        if self.kind == "(":
            opened = self.open_group()
            left = self.condition(depth + 1, grouped=True)
            self.close_group(opened)
            if not isinstance(left, (Path, Value, Function)):
                return left
        else:
            left = self.operand(depth)
        kind = self.kind
        if kind in COMPARATORS:
            self.advance()
            return Compare(kind, left, self.operand(depth))
        if kind == "between":
            self.advance()
            low = self.operand(depth)
            self.expect("and")
            return Between(left, low, self.operand(depth))
        if kind == "in":
            self.advance()
            self.expect("(")
            return In(left, self.operands(depth))
        if isinstance(left, Function):
            return left
        if alone and kind == ")":
            return cast(Node, left)
        raise self.refusal()

    # Operands

    def operand(self, depth: int) -> Operand:
        kind = self.kind
        if kind == "value":
            return Value(self.advance().text)
        if kind == "(":
            if depth > DEPTH_MAX:
                raise Invalid(REDUNDANT)
            opened = self.open_group()
            inner = self.operand(depth + 1)
            self.close_group(opened)
            return inner
        if kind == "word" and self.tokens[self.at + 1].kind == "(":
            if depth > DEPTH_MAX:
                raise placement.too_many_operators()
            name = self.advance().text
            self.advance()
            operands = [self.operand(depth + 1)]  # not self.operands(): one frame per level
            while self.kind == ",":
                self.advance()
                operands.append(self.operand(depth + 1))
            self.expect(")")
            return Function(name, tuple(operands))
        return self.path()

    def operands(self, depth: int) -> tuple[Operand, ...]:
        """What stands after an opening parenthesis, to the closing one."""
        operands = [self.operand(depth + 1)]
        while self.kind == ",":
            self.advance()
            operands.append(self.operand(depth + 1))
        self.expect(")")
        return tuple(operands)

    def path(self) -> Path:
        parts = [self._name()]
        while True:
            if self.kind == ".":
                self.advance()
                parts.append(self._name())
            elif self.kind == "[":
                self.advance()
                number = self.expect("number").text
                self.expect("]")
                parts.append(int(number))
            else:
                return Path(tuple(parts))

    def _name(self) -> str | int | Alias:
        if self.kind == "word":
            return self.advance().text
        if self.kind == "alias":
            return Alias(self.advance().text)
        raise self.refusal()

    def open_group(self) -> int:
        self.groups.add(self.at)
        self.advance()
        return self.at - 1

    def close_group(self, opened: int) -> None:
        self.expect(")")
        if opened - 1 in self.groups and self.kind == ")":
            raise Invalid(REDUNDANT)

    # Projections

    def paths(self) -> tuple[Path, ...]:
        paths = [self.path()]
        while self.kind == ",":
            self.advance()
            paths.append(self.path())
        return tuple(paths)

    # Updates

    def sections(self) -> tuple[Section, ...]:
        sections = []
        while self.kind in SECTIONS:
            keyword = self.advance().text.upper()
            actions = [self._action(keyword)]
            while self.kind == ",":
                self.advance()
                actions.append(self._action(keyword))
            sections.append(
                Section(cast(Literal["SET", "REMOVE", "ADD", "DELETE"], keyword), tuple(actions))
            )
        if not sections:
            raise self.refusal()
        return tuple(sections)

    def _action(self, keyword: str) -> Action:
        path = self.path()
        if keyword == "REMOVE":
            return Action(path)
        if keyword == "SET":
            self.expect("=")
            return Action(path, self._set_value(0))
        return Action(path, Value(self.expect("value").text))

    def _set_value(self, depth: int) -> Operand | Arithmetic:
        if depth > DEPTH_MAX:
            raise Invalid(REDUNDANT)
        left: Operand | Arithmetic
        if self.kind == "(":
            opened = self.open_group()
            left = self._set_value(depth + 1)
            self.close_group(opened)
            if isinstance(left, Arithmetic):
                return left
        else:
            left = self.operand(depth)
        if self.kind == "+" or self.kind == "-":
            operator = cast(Literal["+", "-"], self.advance().text)
            return Arithmetic(operator, left, self.operand(depth))
        return left
