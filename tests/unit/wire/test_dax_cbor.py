"""CBOR, numbers, keys and expressions of the DAX protocol, without a connection."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from jedlik.api.errors import ApiError
from jedlik.values import normalise
from jedlik.wire.dax import cbor, expressions, keys, lex_decimal, values
from jedlik.wire.dax.cbor import Broken, Skipper, Truncated, head, integer, read_item, text
from jedlik.wire.dax.expressions import Placeholders, Projection
from jedlik.wire.dax.keys import KeyAttribute, KeySchema


@pytest.mark.parametrize(
    ("data", "found"),
    [
        # RFC 8949, appendix A
        ("00", 0),
        ("17", 23),
        ("1818", 24),
        ("1903e8", 1000),
        ("1a000f4240", 1000000),
        ("1bffffffffffffffff", 18446744073709551615),
        ("20", -1),
        ("3903e7", -1000),
        ("f90000", 0.0),
        ("f93c00", 1.0),
        ("fa47c35000", 100000.0),
        ("fb3ff199999999999a", 1.1),
        ("f4", False),
        ("f5", True),
        ("f6", None),
        ("4401020304", b"\x01\x02\x03\x04"),
        ("62c3bc", "ü"),
        ("8301820203820405", [1, [2, 3], [4, 5]]),
        ("a201020304", {1: 2, 3: 4}),
        ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"),
        ("7f657374726561646d696e67ff", "streaming"),
        ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
        ("bf01010102ff", {1: 2}),  # the last one counts
    ],
)
def test_items(data: str, found: Any) -> None:
    whole = bytes.fromhex(data)
    assert read_item(whole, 0) == (found, len(whole))
    for end in range(len(whole)):
        with pytest.raises(Truncated):
            read_item(whole[:end], 0)


def test_the_skipper_finds_the_ends_that_the_reader_finds() -> None:
    chance = random.Random(7)

    def item(depth: int = 0) -> bytes:
        kind = chance.randrange(9 if depth < 4 else 5)
        if kind == 0:
            return integer(chance.randrange(-(1 << 40), 1 << 40))
        if kind == 1:
            return cbor.byte_string(chance.randbytes(chance.randrange(40)))
        if kind == 2:
            return text("é" * chance.randrange(30))
        if kind == 3:
            return chance.choice((b"\xf4", b"\xf5", b"\xf6", b"\xf9\x3c\x00", b"\xfb" + bytes(8)))
        if kind == 4:
            return b"\x7f" + text("a") * chance.randrange(3) + b"\xff"
        inside = [item(depth + 1) for _ in range(chance.randrange(4))]
        if kind == 5:
            return head(cbor.ARRAY, len(inside)) + b"".join(inside)
        if kind == 6:
            return b"\x9f" + b"".join(inside) + b"\xff"
        pairs = [integer(i) + each for i, each in enumerate(inside)]
        if kind == 7:
            return head(cbor.MAP, len(pairs)) + b"".join(pairs)
        return b"\xbf" + b"".join(pairs) + b"\xff"

    for _ in range(500):
        items = [item() for _ in range(chance.randrange(1, 4))]
        data, end = b"".join(items), 0
        for _each in items:
            _, end = read_item(data, end)
        assert end == len(data)
        skipper, so_far = Skipper(len(items)), bytearray()
        for i in range(len(data)):  # byte by byte
            so_far += data[i : i + 1]
            assert skipper.skip(so_far) == (i == len(data) - 1)
        assert skipper.at == len(data)


@pytest.mark.parametrize("data", ["1c", "ff", "dfff", "81" * 80, "5bffffffffffffffff"])
def test_what_can_never_become_right(data: str) -> None:
    with pytest.raises(Broken):
        read_item(bytes.fromhex(data), 0)
    with pytest.raises(Broken):
        Skipper(1).skip(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("fb3ff8000000000000", "1.5"),
        ("fb3fb999999999999a", "0.1"),  # the shortest text, not the binary expansion
        ("fb4024000000000000", "10"),
        ("fb54b249ad2594c37d", "1e+100"),
        ("c2490100000000000000ff", "18446744073709551871"),
        ("c349010000000000000000", "-18446744073709551617"),
        ("c48221196ab3", "27315E-2"),
        ("c48220c249010000000000000000", "18446744073709551616E-1"),
    ],
)
def test_shapes_of_numbers(data: str, found: str) -> None:
    whole = bytes.fromhex(data)
    assert values.read_number(whole, 0) == (found, len(whole))
    assert values.read_value(whole, 0) == ({"N": found}, len(whole))


def test_numbers_too_large_to_write_are_left_to_the_operation() -> None:
    huge = b"\xc2" + cbor.byte_string(b"\xff" * 100_000)
    assert values.read_number(huge, 0)[0] == "1E+999"
    assert values.read_number(bytes.fromhex("fb7ff0000000000000"), 0)[0] == "inf"


def test_values_come_back_as_they_went() -> None:
    value = {
        "M": {
            "s": {"S": "ű" * 300},
            "n": {"N": "-0.000001"},
            "i": {"N": "1" + "0" * 60},
            "b": {"B": "AAEC"},
            "l": {"L": [{"NULL": True}, {"BOOL": True}, {"BOOL": False}]},
            "ss": {"SS": ["a", ""]},
            "ns": {"NS": ["1", "2.5"]},
            "bs": {"BS": ["", "AA=="]},
        }
    }
    data = values.encoded(value)
    found, end = values.read_value(data, 0)
    assert end == len(data)
    members = found["M"]
    members["n"]["N"] = normalise(members["n"]["N"])
    members["ns"]["NS"] = [normalise(each) for each in members["ns"]["NS"]]
    assert found == value


def test_what_nests_too_deep_is_refused_in_aws_words() -> None:
    with pytest.raises(ApiError, match="Nesting Levels have exceeded supported limits"):
        values.read_value(b"\x81" * 60 + b"\x80", 0)


VECTORS = {
    "0": "80",
    "1": "c11c0000",
    "-1": "3ee3fff0",
    "123.456": "c321dd4008",
    "-12.5": "3dddbfd0",
    "-0.00001": "43e3fff0",
    "100": "c31c0020",
}


@pytest.mark.parametrize("number", VECTORS)
def test_vectors_of_lex_decimal(number: str) -> None:
    assert lex_decimal.encode(number).hex() == VECTORS[number]


def test_lex_decimal_keeps_numbers_and_their_order() -> None:
    chance = random.Random(3)
    numbers = {"0"}
    while len(numbers) < 3000:
        digits = chance.randint(1, 10 ** chance.randint(1, 38))
        sign = chance.choice(("", "-"))
        exponent = chance.randint(-120, 80)
        try:
            numbers.add(normalise(f"{sign}{digits}E{exponent}"))
        except Exception:
            continue
    for number in numbers:
        assert normalise(lex_decimal.decode(lex_decimal.encode(number))) == number
    by_value = sorted(numbers, key=Decimal)
    assert by_value == sorted(numbers, key=lex_decimal.encode)


@pytest.mark.parametrize(
    "data", ["", "00", "ff", "c1", "c11c", "fe8000", "c10000", "c1ffff", "c1000800"]
)
def test_what_is_no_lex_decimal(data: str) -> None:
    with pytest.raises(Broken):
        lex_decimal.decode(bytes.fromhex(data))


@pytest.mark.parametrize("first", ["S", "N", "B"])
@pytest.mark.parametrize("second", ["S", "N", "B", None])
def test_keys_come_back_as_they_went(first: str, second: str | None) -> None:
    of = {"S": {"S": "ű/"}, "N": {"N": "-12.5"}, "B": {"B": "AP8="}}
    schema = KeySchema(KeyAttribute("h", first), KeyAttribute("r", second) if second else None)
    key = {"h": of[first], **({"r": of[second]} if second else {})}
    found = keys.read_key(keys.write_key(key, schema), schema)
    for value in found.values():
        if "N" in value:
            value["N"] = normalise(value["N"])
    assert found == key


# Expressions


def tree(node: Any) -> bytes:
    """A tree as bytes: lists, ints, strings; ("index", 2) for a step into a list."""
    if isinstance(node, tuple):
        return head(cbor.TAG, cbor.LIST_INDEX) + integer(node[1])
    if isinstance(node, list):
        return head(cbor.ARRAY, len(node)) + b"".join(map(tree, node))
    return text(node) if isinstance(node, str) else integer(node)


def expression(node: Any, *given: Any) -> bytes:
    return (
        b"\x83\x01"
        + tree(node)
        + head(cbor.ARRAY, len(given))
        + b"".join(values.encoded(value) for value in given)
    )


A, B = [18, "a"], [18, "b", ("index", 2), "c"]
X, Y = [17, 0], [17, 1]
S = {"S": "x"}


@pytest.mark.parametrize(
    ("node", "written"),
    [
        ([0, A, X], "#0=:0"),
        ([1, B, X], "#0[2].#1<>:0"),
        ([6, [2, A, X], [5, A, Y]], "#0<:0 AND #0<=:1"),
        (
            [6, [7, [2, A, X], [4, A, Y]], [11, B]],
            "(#0<:0 OR #0>:1) AND attribute_exists(#1[2].#2)",
        ),
        (
            [7, [6, [2, A, X], [4, A, Y]], [12, B]],
            "(#0<:0 AND #0>:1) OR attribute_not_exists(#1[2].#2)",
        ),
        ([6, [6, [0, A, X], [0, A, X]], [0, A, X]], "#0=:0 AND #0=:0 AND #0=:0"),
        ([8, [8, [0, A, X]]], "NOT NOT #0=:0"),
        ([8, [6, [0, A, X], [0, A, X]]], "NOT (#0=:0 AND #0=:0)"),
        ([9, A, X, Y], "#0 BETWEEN :0 AND :1"),
        ([10, A, [X, Y]], "#0 IN(:0,:1)"),
        ([3, [16, A], X], "size(#0)>=:0"),
        ([14, A, X], "begins_with(#0,:0)"),
    ],
)
def test_conditions_are_written_as_text(node: Any, written: str) -> None:
    placeholders = Placeholders()
    assert expressions.condition(expression(node, S, S), placeholders) == written
    assert list(placeholders.values) == sorted(placeholders.values)  # only those that are used


def test_updates_are_written_by_sections() -> None:
    placeholders = Placeholders()
    node = [
        [19, A, [25, [23, A, X], Y]],
        [22, B],
        [19, [18, "d"], [24, A, X]],
        [20, [18, "e"], X],
        [21, [18, "f"], Y],
    ]
    written = expressions.update(expression(node, S, S), placeholders)
    assert written == (
        "SET #0=if_not_exists(#0,:0)+:1,#3=list_append(#0,:0) "
        "REMOVE #1[2].#2 ADD #4 :0 DELETE #5 :1"
    )


def test_projections_ask_for_whole_attributes_where_paths_lead_inside() -> None:
    def asked(*paths: list[Any]) -> tuple[str, dict[str, str]]:
        placeholders = Placeholders()
        blob = b"\x82\x01" + tree([[18, *path] for path in paths])
        return Projection(blob, placeholders).text, placeholders.names

    assert asked(["a"], ["b"]) == ("#0,#1", {"#0": "a", "#1": "b"})
    assert asked(["a", "x"], ["b"], ["a", "y"]) == ("#0,#1", {"#0": "a", "#1": "b"})
    # Paths that overlap go as they are, for the operation to refuse them.
    assert asked(["a", "x"], ["a"])[0] == "#0.#1,#0"
    assert asked(["a", ("index", 1)], ["a", "y"])[0] == "#0[1],#0.#1"


def test_three_hundred_operators_are_not_too_deep() -> None:
    one = tree([0, A, X])
    values_of = head(cbor.ARRAY, 1) + values.encoded(S)
    node = b"\x83\x06" * 299 + one + one * 299  # AND, each inside the other
    written = expressions.condition(b"\x83\x01" + node + values_of, Placeholders())
    assert written.count("AND") == 299
    with pytest.raises(ApiError):
        expressions.condition(b"\x83\x01" + b"\x82\x08" * 400 + one + values_of, Placeholders())


@pytest.mark.parametrize(
    "node",
    [
        [27, A, X],
        [0, A],
        [0, A, [17, 2]],
        [0, A, [17, -1]],
        [-1, A, X],
        [18],
        [18, ("index", 1)],
        [18, "a", 5],
        [10, A, X],
        [],
        "text",
        [["nested"]],
    ],
)
def test_trees_that_mean_nothing(node: Any) -> None:
    with pytest.raises((Broken, Truncated)):
        expressions.condition(expression(node, S), Placeholders())
