"""Where a WHERE clause leads: to one key, to ranges of some partition keys, or to a scan.

Used by `plan.py`. A WHERE clause is taken apart into alternatives (what OR and IN separate), each a
list of conditions that all must hold. If each alternative fixes the whole partition key, the rows
wanted lie in a few ranges; otherwise every row must be looked at. A range may be wider than what
the clause says, never narrower: whoever reads it filters, unless `exact`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from jedlik.tables.errors import PARTITION_KEY_TOO_LONG, SORT_KEY_TOO_LONG
from jedlik.tables.keys import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from jedlik.tables.model import KeyAttribute, KeySchema
from jedlik.tables.partiql.literals import Bound, Item, Value, is_value, value_of
from jedlik.tables.partiql.tree import Call, Collection, Expression, Operation, Path
from jedlik.values import Invalid, encode_key, encode_key_part, encode_key_tuple, prefix_end, token

ALTERNATIVES_MAX = 300
"""Beyond this an OR or IN is a filter, not several look-ups."""

LISTED_PARTITIONS_MAX = 50
"""Values of a partition key in one IN (developer guide, PartiQL operators)."""

NO_FULL_KEY = "Where clause does not contain a mandatory equality on all key attributes"
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of one partition key; bounds are encoded sort keys. `point` where it is one sort key."""

    partition: bytes
    low: bytes | None = None
    high: bytes | None = None
    low_open: bool = False
    high_open: bool = False
    values: tuple[Value, ...] = field(default=(), compare=False)
    """The partition key's values, as the clause has them."""

    @property
    def token(self) -> bytes:
        return token(self.partition)

    @property
    def point(self) -> bool:
        return self.low is not None and self.low == self.high

    @property
    def empty(self) -> bool:
        """Whether the bounds contradict each other."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


@dataclass(frozen=True, slots=True)
class Access:
    """`ranges` None means a scan; `exact` that a row in the ranges satisfies the whole clause;
    `listed` that an IN listed what to look up."""

    ranges: tuple[Range, ...] | None
    exact: bool
    listed: bool = False


@dataclass(frozen=True, slots=True)
class KeyTest:
    """A condition on one key attribute: `operator` is =, <, <=, >, >=, between or begins_with."""

    name: str
    operator: str
    values: tuple[Expression, ...]


def access_of(bound: Bound, schema: KeySchema, where: Expression | None) -> Access:
    """The way to the rows that a clause can be true for; raises Invalid for impossible keys."""
    if where is None:
        return Access(None, True)
    listed = dict(_listed(where, frozenset(schema.names)))
    for attribute in schema.partition:
        if listed.get(attribute.name, 0) > LISTED_PARTITIONS_MAX:
            # Unverified: the text; the developer guide has the number.
            raise Invalid(
                "The IN operator is provided with too many operands; "
                f"number of operands: {listed[attribute.name]}"
            )
    alternatives = _alternatives(where, frozenset(schema.names))
    found: dict[bytes, list[Range]] = {}
    exact = True
    for conditions in alternatives:
        place = _range(bound, schema, conditions)
        if place is None:
            return Access(None, False)
        reach, is_exact = place
        exact = exact and is_exact
        if not reach.empty:
            found.setdefault(reach.partition, []).append(reach)
    ranges: list[Range] = []
    for of_partition in found.values():
        apart = _apart(of_partition)
        exact = exact and apart is not None
        ranges += apart if apart is not None else [_hull(of_partition)]
    return Access(tuple(ranges), exact, bool(listed))


def full_key(
    bound: Bound, schema: KeySchema, where: Expression | None
) -> tuple[Item, tuple[Expression, ...]]:
    """The key that a clause fixes, and what else it asks.

    Raises Invalid unless every key attribute is equal to a value.
    """
    key: Item = {}
    others: list[Expression] = []
    for condition in conjuncts(where):
        test = _key_test(condition)
        attribute = _attribute(schema, test.name) if test is not None else None
        if test is None or attribute is None or test.operator != "=":
            others.append(condition)
            continue
        value = _key_value(bound, attribute, test.values[0])
        if key.setdefault(attribute.name, value) != value:
            raise Invalid(
                f"Multiple conditions on same key {attribute.name}. "
                "Only single item Update/Insert/Delete are supported"
            )
    if len(key) < len(schema.names):
        raise Invalid(NO_FULL_KEY)
    _check_key_sizes(schema, key)
    return key, tuple(others)


def check_item_key(schema: KeySchema, item: Item) -> None:
    """The key attributes of an item to insert: there, of the right types, not empty."""
    for attribute in schema.attributes:
        if attribute.name not in item:
            raise Invalid(f"Key attribute should be present in the item: Key {attribute.name}")
        _check_key_value(attribute, item[attribute.name])
    _check_key_sizes(schema, item)


def conjuncts(where: Expression | None) -> Iterator[Expression]:
    """What all must hold for a clause to hold."""
    if isinstance(where, Operation) and where.operator == "and":
        for operand in where.operands:
            yield from conjuncts(operand)
    elif where is not None:
        yield where


def _alternatives(where: Expression, keys: frozenset[str]) -> list[tuple[Expression, ...]]:
    """The clause as an OR of ANDs, as far as that stays small."""
    if isinstance(where, Operation):
        if where.operator == "or":
            found = [a for operand in where.operands for a in _alternatives(operand, keys)]
            return found if len(found) <= ALTERNATIVES_MAX else [(where,)]
        if where.operator == "and":
            combined: list[tuple[Expression, ...]] = [()]
            for operand in where.operands:
                parts = _alternatives(operand, keys)
                if len(combined) * len(parts) > ALTERNATIVES_MAX:
                    parts = [(operand,)]
                combined = [(*before, *part) for before in combined for part in parts]
            return combined
        if where.operator == "in":
            return _members(where, keys)
    return [(where,)]


def _members(where: Operation, keys: frozenset[str]) -> list[tuple[Expression, ...]]:
    """`key IN [a, b]` as two equalities; any other IN is left as it is."""
    subject, members = where.operands
    if _top_level(subject) in keys and isinstance(members, Collection) and members.items:
        return [
            (Operation("=", (subject, member), where.offset, where.length),)
            for member in members.items
        ]
    return [(where,)]


def _listed(where: Expression, keys: frozenset[str]) -> Iterator[tuple[str, int]]:
    """The key attributes that an IN lists values of, and how many."""
    if not isinstance(where, Operation):
        return
    if where.operator in ("and", "or"):
        for operand in where.operands:
            yield from _listed(operand, keys)
    elif where.operator == "in":
        name, members = _top_level(where.operands[0]), where.operands[1]
        if name is not None and name in keys and isinstance(members, Collection):
            yield name, len(members.items)


def _range(
    bound: Bound, schema: KeySchema, conditions: Sequence[Expression]
) -> tuple[Range, bool] | None:
    """The range that an alternative lies in, and whether it is all the alternative says.

    None when it does not fix the partition key.
    """
    tests: dict[str, list[KeyTest]] = {}
    exact = True
    for condition in conditions:
        test = _key_test(condition)
        if test is None or _attribute(schema, test.name) is None:
            exact = False
        else:
            tests.setdefault(test.name, []).append(test)
    partition: list[Value] = []
    for attribute in schema.partition:
        equal = [t for t in tests.get(attribute.name, ()) if t.operator == "="]
        if not equal:
            return None
        partition.append(_key_value(bound, attribute, equal[0].values[0]))
        exact = exact and len(tests[attribute.name]) == 1
    encoded = encode_key_tuple(partition)
    if len(encoded) > PARTITION_KEY_BYTES_MAX and len(partition) == 1:
        raise Invalid(PARTITION_KEY_TOO_LONG)
    reach = Range(encoded, values=tuple(partition))
    if len(schema.sort) == 1:
        for test in tests.get(schema.sort[0].name, ()):
            reach = _narrowed(bound, reach, schema.sort[0], test)
        return reach, exact
    return _prefixed(bound, reach, schema.sort, tests, exact)


def _prefixed(
    bound: Bound,
    reach: Range,
    sort: Sequence[KeyAttribute],
    tests: dict[str, list[KeyTest]],
    exact: bool,
) -> tuple[Range, bool]:
    """A sort key of several attributes: narrowed by the leading ones that are equal to a value."""
    prefix = b""
    equal = 0
    for attribute in sort:
        of_attribute = tests.get(attribute.name, [])
        exact = exact and len(of_attribute) <= 1
        if equal >= 0 and of_attribute and of_attribute[0].operator == "=":
            value = _key_value(bound, attribute, of_attribute[0].values[0])
            prefix += encode_key_part(value)
            equal += 1
        else:
            exact = exact and not of_attribute
            break
    exact = exact and not any(tests.get(attribute.name) for attribute in sort[equal:])
    if not equal:
        return reach, exact
    if equal == len(sort):
        return replace(reach, low=prefix, high=prefix), exact
    return replace(reach, low=prefix, high=prefix_end(prefix), high_open=True), exact


def _narrowed(bound: Bound, reach: Range, attribute: KeyAttribute, test: KeyTest) -> Range:
    """A range further bounded by one more condition on the sort key."""
    first = _key_value(bound, attribute, test.values[0], prefix=test.operator == "begins_with")
    encoded = encode_key(first)
    if test.operator == "=":
        return _above(_below(reach, encoded), encoded)
    if test.operator in ("<", "<="):
        return _below(reach, encoded, is_open=test.operator == "<")
    if test.operator in (">", ">="):
        return _above(reach, encoded, is_open=test.operator == ">")
    if test.operator == "between":
        last = encode_key(_key_value(bound, attribute, test.values[1]))
        if last < encoded:
            upper = _key_value(bound, attribute, test.values[1])
            raise Invalid(
                "The BETWEEN operator requires upper bound to be greater than or equal to lower "
                f"bound; lower bound operand: AttributeValue: {_shown(first)}, "
                f"upper bound operand: AttributeValue: {_shown(upper)}"
            )
        return _above(_below(reach, last), encoded)
    if not encoded:
        return reach
    end = prefix_end(encoded)
    reach = _above(reach, encoded)
    return reach if end is None else _below(reach, end, is_open=True)


def _below(reach: Range, high: bytes, *, is_open: bool = False) -> Range:
    if reach.high is None or high < reach.high:
        return replace(reach, high=high, high_open=is_open)
    if high == reach.high and is_open:
        return replace(reach, high_open=True)
    return reach


def _above(reach: Range, low: bytes, *, is_open: bool = False) -> Range:
    if reach.low is None or low > reach.low:
        return replace(reach, low=low, low_open=is_open)
    if low == reach.low and is_open:
        return replace(reach, low_open=True)
    return reach


def _apart(ranges: list[Range]) -> list[Range] | None:
    """Ranges of one partition key that share no row, in order; None when they overlap."""
    if len(ranges) == 1:
        return ranges
    if not all(reach.point for reach in ranges):
        return None
    return sorted(set(ranges), key=lambda reach: reach.low or b"")


def _hull(ranges: list[Range]) -> Range:
    """One range that holds several."""
    lows = [(reach.low, reach.low_open) for reach in ranges if reach.low is not None]
    highs = [(reach.high, not reach.high_open) for reach in ranges if reach.high is not None]
    whole = Range(ranges[0].partition, values=ranges[0].values)
    if len(lows) == len(ranges):
        low, low_open = min(lows)
        whole = replace(whole, low=low, low_open=low_open)
    if len(highs) == len(ranges):
        high, high_closed = max(highs)
        whole = replace(whole, high=high, high_open=not high_closed)
    return whole


def _key_test(condition: Expression) -> KeyTest | None:
    """A comparison of a top-level attribute with a value, whichever stands first."""
    if isinstance(condition, Call):
        if condition.name == "begins_with" and len(condition.arguments) == 2:
            subject, prefix = condition.arguments
            name = _top_level(subject)
            if name is not None and is_value(prefix):
                return KeyTest(name, "begins_with", (prefix,))
        return None
    if not isinstance(condition, Operation):
        return None
    operator, operands = condition.operator, condition.operands
    if operator == "between":
        name = _top_level(operands[0])
        if name is not None and is_value(operands[1]) and is_value(operands[2]):
            return KeyTest(name, "between", operands[1:])
        return None
    if operator not in _MIRRORED or len(operands) != 2:
        return None
    left, right = operands
    name = _top_level(left)
    if name is not None and is_value(right):
        return KeyTest(name, operator, (right,))
    name = _top_level(right)
    if name is not None and is_value(left):
        return KeyTest(name, _MIRRORED[operator], (left,))
    return None


def _top_level(expression: Expression) -> str | None:
    if isinstance(expression, Path) and len(expression.steps) == 1:
        return str(expression.steps[0])
    return None


def _attribute(schema: KeySchema, name: str) -> KeyAttribute | None:
    for attribute in schema.attributes:
        if attribute.name == name:
            return attribute
    return None


def _key_value(
    bound: Bound, attribute: KeyAttribute, expression: Expression, *, prefix: bool = False
) -> Value:
    """A value that a key attribute is compared with: of its type, and not empty."""
    value = value_of(bound, expression)
    _check_key_value(attribute, value, prefix=prefix)
    return value


def _check_key_value(attribute: KeyAttribute, value: Value, *, prefix: bool = False) -> None:
    if attribute.type not in value or (prefix and attribute.type == "N"):
        raise Invalid(
            "Key attribute's data type should match its data type in table's schema: "
            f"Key {attribute.name}"
        )
    if not value[attribute.type] and not prefix:
        word = "binary" if attribute.type == "B" else "string"
        raise Invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            f"cannot contain an empty {word} value. Key: {attribute.name}"
        )


def _check_key_sizes(schema: KeySchema, key: Item) -> None:
    for attributes, bytes_max, message in (
        (schema.partition, PARTITION_KEY_BYTES_MAX, PARTITION_KEY_TOO_LONG),
        (schema.sort, SORT_KEY_BYTES_MAX, SORT_KEY_TOO_LONG),
    ):
        if sum(len(encode_key(key[attribute.name])) for attribute in attributes) > bytes_max:
            raise Invalid(message)


def _shown(value: Value) -> str:
    ((kind, content),) = value.items()
    return f"{{{kind}:{content}}}"
