"""Key conditions: which keys fall into the range, for keys of one and of several attributes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jedlik.tables.expressions import KeyRange, Placeholders, key_condition
from jedlik.tables.model import KeyAttribute, KeySchema
from jedlik.values import Invalid, encode_key_tuple

PREFIX = "One or more parameter values were invalid: "
WRONG_TYPE = PREFIX + "Condition parameter type does not match schema type"
NOT_SUPPORTED = "Query key condition not supported"
HASH = KeySchema((KeyAttribute("pk", "S"),))
STRING = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "S"),))
NUMBER = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))
BINARY = KeySchema((KeyAttribute("pk", "B"),), (KeyAttribute("sk", "B"),))
MANY = KeySchema(
    (KeyAttribute("p1", "S"), KeyAttribute("p2", "N")),
    (KeyAttribute("s1", "S"), KeyAttribute("s2", "S"), KeyAttribute("s3", "N")),
)


def read(schema: KeySchema, text: str, **values: Any) -> KeyRange:
    """Values are given without their colon: str for S, int for N, bytes text for B."""
    placeholders = Placeholders(
        None,
        {
            f":{name}": value
            if isinstance(value, dict)
            else {"S": value}
            if isinstance(value, str)
            else {"N": str(value)}
            for name, value in values.items()
        },
    )
    found = key_condition(text, placeholders, schema)
    placeholders.finish()
    return found


def inside(found: KeyRange, sort: bytes) -> bool:
    if found.low is not None and (sort < found.low or (found.low_open and sort == found.low)):
        return False
    return found.high is None or sort < found.high or (not found.high_open and sort == found.high)


TESTS = {
    "sk = :a": lambda sk, a, b: sk == a,
    "sk < :a": lambda sk, a, b: sk < a,
    "sk <= :a": lambda sk, a, b: sk <= a,
    "sk > :a": lambda sk, a, b: sk > a,
    "sk >= :a": lambda sk, a, b: sk >= a,
    ":a < sk": lambda sk, a, b: a < sk,
    "sk between :a and :b": lambda sk, a, b: a <= sk <= b,
    "begins_with(sk, :a)": lambda sk, a, b: sk.startswith(a),
}
words = st.text(alphabet="ab\x00\uffff😀", min_size=1, max_size=3)


@given(st.sampled_from(sorted(TESTS)), words, words, words)
def test_strings(text: str, sort: str, a: str, b: str) -> None:
    a, b = sorted((a, b))
    bounds = {"a": a, "b": b} if ":b" in text else {"a": a}
    found = read(STRING, f"pk = :pk and {text}", pk="x", **bounds)
    assert found.partition == ({"S": "x"},)
    assert inside(found, sort.encode()) == TESTS[text](sort, a, b)


@given(
    st.sampled_from(sorted(set(TESTS) - {"begins_with(sk, :a)"})),
    st.integers(-20, 20),
    st.integers(-20, 20),
    st.integers(-20, 20),
)
def test_numbers(text: str, sort: int, a: int, b: int) -> None:
    a, b = sorted((a, b))
    bounds = {"a": a, "b": b} if ":b" in text else {"a": a}
    found = read(NUMBER, f"{text} and pk = :pk", pk="x", **bounds)
    assert inside(found, encode_key_tuple([{"N": str(sort)}])) == TESTS[text](sort, a, b)


@given(
    st.integers(0, 3),
    st.sampled_from(sorted(TESTS)),
    st.tuples(words, words, st.integers(-3, 3)),
    st.tuples(words, words, st.integers(-3, 3)),
    words,
)
def test_keys_of_several_attributes(
    equal_count: int, text: str, key: Any, given_key: Any, upper: str
) -> None:
    """The first `equal_count` sort attributes equal, then a range on the next."""
    parts = ["p1 = :p1", "p2 = :p2"]
    values: dict[str, Any] = {"p1": "x", "p2": 7}
    wanted = True
    for at in range(equal_count):
        parts.append(f"s{at + 1} = :s{at + 1}")
        values[f"s{at + 1}"] = given_key[at]
        wanted = wanted and key[at] == given_key[at]
    if equal_count < 2:
        low, high = sorted((given_key[equal_count], upper))
        parts.append(text.replace("sk", f"s{equal_count + 1}"))
        values["a"] = low
        if ":b" in text:
            values["b"] = high
        wanted = wanted and TESTS[text](key[equal_count], low, high)
    found = read(MANY, " and ".join(parts), **values)
    assert found.partition == ({"S": "x"}, {"N": "7"})
    sort = encode_key_tuple([{"S": key[0]}, {"S": key[1]}, {"N": str(key[2])}])
    assert inside(found, sort) == wanted


def test_no_sort_condition_reads_the_whole_partition() -> None:
    assert read(STRING, "pk = :p", p="x") == KeyRange(({"S": "x"},))
    assert read(MANY, "p1 = :a and p2 = :b", a="x", b=1).low is None


@pytest.mark.parametrize(
    ("schema", "text", "values", "message"),
    [
        (HASH, "sk = :a", {"a": "x"}, "Query condition missed key schema element: pk"),
        (HASH, "pk = :a and b = :a", {"a": "x"}, NOT_SUPPORTED),
        (STRING, "pk = :a and b = :a", {"a": "x"}, "Query condition missed key schema element: sk"),
        (STRING, "pk > :a", {"a": "x"}, NOT_SUPPORTED),
        (STRING, "pk = :a", {"a": 1}, WRONG_TYPE),
        (STRING, "pk > :a", {"a": 1}, WRONG_TYPE),
        (STRING, "pk = :a and sk > :b", {"a": "x", "b": 1}, WRONG_TYPE),
        (NUMBER, "pk = :a and begins_with(sk, :a)", {"a": "x"}, WRONG_TYPE),
        (
            STRING,
            "pk = :a and sk = :a and b = :a",
            {"a": "x"},
            "Conditions can be of length 1 or 2 only",
        ),
        (
            STRING,
            "pk = :a",
            {"a": ""},
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
        ),
        (
            BINARY,
            "pk = :a",
            {"a": {"B": ""}},
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty binary value. Key: pk",
        ),
        (
            STRING,
            "pk = :a",
            {"a": "x" * 2049},
            PREFIX + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            STRING,
            "pk = :a and sk > :b",
            {"a": "x", "b": "x" * 1025},
            PREFIX + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ),
        (MANY, "p1 = :a", {"a": "x"}, "Query condition missed key schema element: p2"),
        (
            MANY,
            "p1 = :a and p2 = :b and s2 = :a",
            {"a": "x", "b": 1},
            "Query condition missed key schema element: s1",
        ),
        (
            MANY,
            "p1 = :a and p2 = :b and s1 > :a and s2 = :a",
            {"a": "x", "b": 1},
            NOT_SUPPORTED,
        ),
    ],
)
def test_what_the_schema_refuses(
    schema: KeySchema, text: str, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read(schema, text, **values)
    assert refused.value.message == message


def test_the_longest_keys() -> None:
    read(STRING, "pk = :a and sk = :b", a="x" * 2048, b="y" * 1024)
