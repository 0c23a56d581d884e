"""Key conditions: which range of which partition a Query reads.

First checked as any condition is, then for what a key condition may be, then against the key schema
of the table or index. KeyConditions, the legacy parameter, ends in the same `KeyCondition`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from jedlik.tables.expressions.conditions import CompiledCondition, compile_condition, refusal
from jedlik.tables.expressions.parser import parse_condition
from jedlik.tables.expressions.placeholders import Placeholders
from jedlik.tables.expressions.scope import Scope
from jedlik.tables.expressions.syntax import (
    And,
    Between,
    Compare,
    Function,
    In,
    Node,
    Not,
    Operand,
    Or,
    Path,
    Value,
)
from jedlik.tables.model import KeyAttribute, KeySchema
from jedlik.values import (
    Invalid,
    encode_key,
    encode_key_part,
    encode_key_tuple,
    escape_part,
    prefix_end,
)

PARTITION_KEY_BYTES_MAX = 2048
SORT_KEY_BYTES_MAX = 1024

_PREFIX = "One or more parameter values were invalid: "
NOT_SUPPORTED = "Query key condition not supported"
WRONG_TYPE = _PREFIX + "Condition parameter type does not match schema type"
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class KeyRange(Struct, frozen=True):
    """What a Query reads: one partition, and bounds on the encoded sort key (None: unbounded)."""

    partition: tuple[dict[str, Any], ...]
    low: bytes | None = None
    high: bytes | None = None
    low_open: bool = False
    high_open: bool = False


class Term(Struct, frozen=True):
    """One attribute's part: operator = < <= > >= BETWEEN begins_with, and value names."""

    attribute: str
    operator: str
    values: tuple[str, ...]


class KeyCondition(Struct, frozen=True):
    """A key condition bound to values, its attributes not yet held against a key schema."""

    terms: tuple[Term, ...]
    values: Mapping[str, dict[str, Any]]

    def range(self, schema: KeySchema) -> KeyRange:
        """What to read of a table or index with these keys. Raises Invalid."""
        terms = {term.attribute: term for term in self.terms}
        if len(terms) > len(schema.attributes) and len(terms) > 2:
            raise Invalid("Conditions can be of length 1 or 2 only")
        partition = []
        for attribute in schema.partition:
            term = terms.pop(attribute.name, None)
            if term is None:
                raise Invalid(f"Query condition missed key schema element: {attribute.name}")
            values = self._values_of(term, attribute)
            if term.operator != "=":
                raise Invalid(NOT_SUPPORTED)
            _check_not_empty(attribute, values)
            partition += values
        if _may_exceed(partition, PARTITION_KEY_BYTES_MAX) and (
            len(encode_key_tuple(partition)) > PARTITION_KEY_BYTES_MAX
        ):
            raise Invalid(
                _PREFIX + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
            )
        if not terms:
            return KeyRange(tuple(partition))
        return self._sorted(tuple(partition), schema.sort, terms)

    def _values_of(self, term: Term, attribute: KeyAttribute) -> list[dict[str, Any]]:
        values = [self.values[name] for name in term.values]
        for value in values:
            if attribute.type not in value:
                raise Invalid(WRONG_TYPE)
        return values

    def _sorted(
        self,
        partition: tuple[dict[str, Any], ...],
        sort: tuple[KeyAttribute, ...],
        terms: dict[str, Term],
    ) -> KeyRange:
        """Equality on the first sort attributes, and on the next one whatever a range can say."""
        if not sort:
            raise Invalid(NOT_SUPPORTED)
        prefix = b""
        for at, attribute in enumerate(sort):
            term = terms.pop(attribute.name, None)
            if term is None:
                raise Invalid(f"Query condition missed key schema element: {attribute.name}")
            values = self._values_of(term, attribute)
            _check_not_empty(attribute, values)
            if _may_exceed(values, SORT_KEY_BYTES_MAX) and any(
                len(encode_key(value)) > SORT_KEY_BYTES_MAX for value in values
            ):
                raise Invalid(
                    _PREFIX + "Aggregated size of all range keys has exceeded the size limit of "
                    "1024 bytes"
                )
            if len(sort) == 1:
                return KeyRange(partition, *_whole_bounds(term.operator, values))
            if term.operator == "=":
                prefix += encode_key_part(values[0])
                if not terms:
                    if at == len(sort) - 1:
                        return KeyRange(partition, prefix, prefix)
                    return KeyRange(partition, prefix, prefix_end(prefix), high_open=True)
                continue
            if terms:
                # Unverified text: a range may only stand on the last attribute conditioned.
                raise Invalid(NOT_SUPPORTED)
            low, high = _part_bounds(term.operator, values, prefix)
            return KeyRange(partition, low, high, high_open=True)
        raise Invalid(NOT_SUPPORTED)


def _whole_bounds(
    operator: str, values: list[dict[str, Any]]
) -> tuple[bytes | None, bytes | None, bool, bool]:
    """Bounds where the sort key is one attribute: low, high, low_open, high_open."""
    bound = encode_key(values[0])
    if operator == "=":
        return bound, bound, False, False
    if operator == "<":
        return None, bound, False, True
    if operator == "<=":
        return None, bound, False, False
    if operator == ">":
        return bound, None, True, False
    if operator == ">=":
        return bound, None, False, False
    if operator == "BETWEEN":
        return bound, encode_key(values[1]), False, False
    return bound, prefix_end(bound), False, True


def _part_bounds(
    operator: str, values: list[dict[str, Any]], prefix: bytes
) -> tuple[bytes | None, bytes | None]:
    """Low, inclusive, and high, exclusive, where further attributes follow or precede."""
    if operator == "begins_with":
        start = prefix + escape_part(encode_key(values[0]))
        return start, prefix_end(start)
    bound = prefix + encode_key_part(values[0])
    end = prefix_end(prefix)
    if operator == "<":
        return prefix, bound
    if operator == "<=":
        return prefix, prefix_end(bound)
    if operator == ">":
        return prefix_end(bound), end
    if operator == ">=":
        return bound, end
    return bound, prefix_end(prefix + encode_key_part(values[1]))


def _may_exceed(values: list[dict[str, Any]], bytes_max: int) -> bool:
    """Whether it is worth while to count bytes: a character is at most four."""
    characters = 0
    for value in values:
        for content in value.values():
            characters += len(content)
    return characters * 4 > bytes_max


def _check_not_empty(attribute: KeyAttribute, values: list[dict[str, Any]]) -> None:
    for value in values:
        if not value[attribute.type]:
            kind = "string" if attribute.type == "S" else "binary"
            raise Invalid(
                "One or more parameter values are not valid. The AttributeValue for a key "
                f"attribute cannot contain an empty {kind} value. Key: {attribute.name}"
            )


def key_condition(text: str, placeholders: Placeholders, schema: KeySchema) -> KeyRange:
    """What a text asks of a table or index with these keys. Raises Invalid."""
    return parsed_key_condition(text, placeholders).range(schema)


def parsed_key_condition(text: str, placeholders: Placeholders) -> KeyCondition:
    """The key condition a text states, before the table is known. Raises Invalid."""
    values = placeholders.values
    try:
        compiled, terms = placeholders.once(_compiled)(
            text, placeholders.names_key, placeholders.kinds
        )
        for late in compiled.late:
            late(values)
    except Invalid:
        raise refusal(text, placeholders, "KeyConditionExpression") from None
    placeholders.used_names |= compiled.used_names
    placeholders.used_values |= compiled.used_values
    if isinstance(terms, str):
        raise Invalid(terms)
    return KeyCondition(terms, values)


@lru_cache(maxsize=1024)
def _compiled(
    text: str, names: tuple[tuple[str, str], ...], kinds: tuple[str, ...]
) -> tuple[CompiledCondition, tuple[Term, ...] | str]:
    """The condition as such, and its terms or the reason why it is no key condition."""
    scope = Scope(names, kinds)
    tree = parse_condition(text)
    compiled = compile_condition(tree, scope)
    try:
        terms: list[Term] = []
        _collect(tree, scope, terms)
        attributes = [term.attribute for term in terms]
        if len(set(attributes)) < len(attributes):
            raise Invalid("KeyConditionExpressions must only contain one condition per key")
    except Invalid as refused:
        return compiled, refused.message
    return compiled, tuple(terms)


def _collect(node: Node, scope: Scope, terms: list[Term]) -> None:
    """Adds the terms of a conjunction, in order; refuses everything else."""
    if isinstance(node, And):
        for part in node.parts:
            _collect(part, scope, terms)
        return
    if isinstance(node, Compare):
        if node.operator == "<>":
            raise _unusable("<>")
        mirrored = not isinstance(node.left, Path)
        operator = _MIRRORED[node.operator] if mirrored else node.operator
        terms.append(_term(operator, (node.left, node.right), scope))
    elif isinstance(node, Between):
        terms.append(_term("BETWEEN", (node.operand, node.low, node.high), scope))
    elif isinstance(node, Function) and node.name == "begins_with":
        if not isinstance(node.operands[0], Path):
            raise Invalid(
                "Invalid condition in KeyConditionExpression: begins_with operator must have the "
                "key attribute as its first operand"
            )
        terms.append(_term("begins_with", node.operands, scope))
    elif isinstance(node, Function):
        raise _unusable(node.name)
    elif isinstance(node, Not):
        raise _unusable("NOT")
    elif isinstance(node, Or):
        raise _unusable("OR")
    else:
        assert isinstance(node, In)
        raise _unusable("IN")


def _term(operator: str, operands: tuple[Operand, ...], scope: Scope) -> Term:
    if any(isinstance(operand, Function) for operand in operands):
        raise Invalid("KeyConditionExpressions cannot contain nested operations")
    paths = [scope.resolve(operand) for operand in operands if isinstance(operand, Path)]
    if not paths:
        raise Invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
    if len(paths) > 1:
        raise Invalid(
            "Invalid condition in KeyConditionExpression: "
            "Multiple attribute names used in one condition"
        )
    if len(paths[0]) > 1:
        raise Invalid(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            f"allowed: Key: {paths[0][0]}"
        )
    if operator == "BETWEEN" and not isinstance(operands[0], Path):
        raise Invalid(NOT_SUPPORTED)  # Unverified: the key attribute as a bound of BETWEEN.
    values = tuple(operand.name for operand in operands if isinstance(operand, Value))
    return Term(str(paths[0][0]), operator, values)


def _unusable(operator: str) -> Invalid:
    return Invalid(f"Invalid operator used in KeyConditionExpression: {operator}")
