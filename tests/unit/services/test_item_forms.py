"""Forms of items: that reading by one is decoding, checking and encoding, in both forms of the
module, whatever a body is like."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
import pytest

from jedlik.services.dynamodb import item_pieces
from jedlik.services.dynamodb.item_pieces import form_of
from jedlik.tables.model import KeyAttribute, KeySchema
from jedlik.tables.stored import pack
from jedlik.values import check_item
from jedlik.values.errors import Invalid, Malformed
from tests.support.forms import Form, forms_of

KEYS = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))
ITEM: dict[str, Any] = {
    "name": {"S": "Anna {}:,"},
    "sk": {"N": "-120"},
    "pk": {"S": "k1"},
    "on": {"BOOL": True},
    "S": {"S": "S"},
    "true": {"BOOL": False},
    "nothing": {"NULL": True},
    "bytes": {"B": "YQ=="},
    "few": {"SS": ["a", "b"]},
    "escaped": {"S": 'a"b\\c\n'},
    "empty": {"S": ""},
    "wide": {"S": "äöü €"},
    "m": {"M": {"n": {"N": "0.25"}, "l": {"L": [{"S": "x"}, {"BOOL": True}, {"M": {}}]}}},
}
SPACED = b'{ "Item" : %b,\n\t"TableName": "pk"}'


@pytest.fixture(params=forms_of("jedlik.services.dynamodb.item_forms"), ids=str, autouse=True)
def forms(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    form: Form = request.param
    for module in form.modules():
        monkeypatch.setattr(item_pieces, "ItemForm", module.ItemForm)
        yield module


def body_of(item: dict[str, Any]) -> bytes:
    return SPACED % orjson.dumps(item, option=orjson.OPT_INDENT_2)


def made(body: bytes, keys: KeySchema = KEYS):
    item = orjson.loads(body)["Item"]
    check_item(item)
    return form_of(body, item, keys)


def expected(body: bytes) -> tuple[bytes, int, bytes, bytes]:
    """By the ordinary way."""
    item = orjson.loads(body)["Item"]
    size = check_item(item)
    return pack(item, size), size, item["pk"]["S"].encode(), item["sk"]["N"].encode()


def test_what_it_was_made_of_is_read() -> None:
    body = body_of(ITEM)
    assert made(body).read(body) == expected(body)


@pytest.mark.parametrize(
    "text",
    ["", "a", "12345678", "k" * 3000, "{}:,", "ä", "€" * 9, "\U0001f600", "1234567é", "\u2028"],
)
def test_texts(text: str) -> None:
    form = made(body_of(ITEM))
    body = body_of(ITEM | {"pk": {"S": text}, "wide": {"S": text + text}})
    assert form.read(body) == expected(body)


@pytest.mark.parametrize(
    "text",
    [
        "0", "7", "10", "-10", "1000", "-1", "12345", "100200", "0.5", "-0.05", "12.034", "9" * 38,
        "-" + "9" * 37, "1" + "0" * 37, "0." + "0" * 35 + "1",
    ],
)  # fmt: skip
def test_numbers(text: str) -> None:
    form = made(body_of(ITEM))
    body = body_of(ITEM | {"sk": {"N": text}})
    assert form.read(body) == expected(body)


@pytest.mark.parametrize(
    "text",
    ["", "-", "-0", "00", "01", "1.0", "1.", ".5", "+1", "1e3", "1 ", " 1", "9" * 39, "a", "0.0",
     "1.2.3", "--1", "-.5", "1" + "0" * 38, "١", "1\\u0030"],
)  # fmt: skip
def test_what_is_no_number_in_plain_form(text: str) -> None:
    form = made(body_of(ITEM))
    body = body_of(ITEM).replace(b'"-120"', b'"%b"' % text.encode())
    assert form.read(body) is None


@pytest.mark.parametrize(
    "content",
    [b"\\n", b"\\u0061", b'\\"', b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc3", b"a\xed\xa0\x80",
     b"\xc0\xaf", b"12345678\n", b"1234567\t", b'x"y', b'","k":"v'],
)  # fmt: skip
def test_what_is_no_text_as_it_is(content: bytes) -> None:
    body = body_of(ITEM)
    form = made(body)
    assert form.read(body.replace(b'"k1"', b'"%b"' % content)) is None


def test_truth_values_may_differ() -> None:
    form = made(body_of(ITEM))
    body = body_of(ITEM | {"on": {"BOOL": False}, "true": {"BOOL": True}})
    assert form.read(body) == expected(body)
    for other in (b"True", b"tru", b"null", b'"true"', b"truefalse", b"1"):
        assert form.read(body.replace(b"true", other)) is None


def test_a_body_that_ends_early_or_late() -> None:
    body = body_of(ITEM)
    form = made(body)
    for end in range(len(body)):
        assert form.read(body[:end]) is None
    assert form.read(body + b" ") is None
    assert form.read(b" " + body) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"Item":{"pk":{"S":"a"},"sk":{"N":"1"},"pk":{"S":"a"}}}',
        b'{"Item":{"pk":{"S":"a"},"sk":{"N":"1","N":"1"}}}',
        b'{"TableName":"a","Item":{"pk":{"S":"a"},"sk":{"N":"1"}},"TableName":"a"}',
        b'{"Item":{"pk":{"S":"a\\"b"},"sk":{"N":"1"}}}',
        b'{"Item":{"pk":{"S":"a"},"sk":{"N":"1.0"}}}',
        b'{"Item":{"pk":{"S":"a"},"sk":{"N":"1","S":null}}}',
        b'{"Item":{"pk":{"S":"a text that nobody has sent: 0"},"sk":{"N":"1"},'
        b'"a text that nobody has sent: 1":{"NULL":true}}}',
    ],
)
def test_no_form(body: bytes) -> None:
    with pytest.raises(LookupError):
        made(body)


def test_a_value_that_came_with_an_escape_it_did_not_need() -> None:
    body = b'{"Item":{"pk":{"S":"\\u0061"},"sk":{"N":"1"}}}'
    form = made(body)
    assert form.read(body) is None
    body = body.replace(b"\\u0061", b"a")
    assert form.read(body) == expected(body)


def test_a_binary_key_has_no_form() -> None:
    body = b'{"Item":{"pk":{"B":"YQ=="},"v":{"S":"1"}}}'
    with pytest.raises(LookupError):
        made(body, KeySchema((KeyAttribute("pk", "B"),)))


def test_names_that_look_like_values_are_told_apart() -> None:
    body = b'{"Item":{"N":{"N":"1"},"pk":{"S":"pk"},"sk":{"N":"1"},"S":{"M":{"S":{"S":"S"}}}}}'
    form = made(body)
    assert form.read(body) == expected(body)
    assert form.read(body.replace(b'"pk":{"S":"pk"}', b'"pk":{"S":"S"}')) is not None
    assert form.read(body.replace(b'"pk":{', b'"pq":{')) is None


def test_what_a_form_reads_is_what_the_ordinary_way_stores() -> None:
    """Bodies with bytes changed, taken away and put in."""
    r = Random(5)
    body = body_of(ITEM)
    form, read = made(body), 0
    for _ in range(20_000):
        changed = bytearray(body)
        for _ in range(r.randint(1, 3)):
            at = r.randrange(len(changed))
            piece = r.choice(
                (b"", b'"', b"\\", b"}", b"a", b"0", b"1", b".", b"-", "é".encode(),
                 bytes((r.randrange(256),)))
            )  # fmt: skip
            changed[at : at + r.randint(0, 1)] = piece
        found = form.read(bytes(changed))
        if found is not None:
            read += 1
            assert found == expected(bytes(changed))
    assert read > 300


def test_no_form_reads_what_is_refused() -> None:
    """Of items made up at random, each form reads the others exactly if it should."""
    r = Random(8)

    def value(depth: int) -> Any:
        kind = r.choice(("S", "N", "BOOL", "NULL", "B", "M", "L", "SS")[: 5 if depth > 2 else 8])
        content: Any = {
            "S": lambda: r.choice(("", "a", "ä", '"', "x" * 20)),
            "N": lambda: r.choice(("1", "0", "1.0", "-7", "1e2", "x")),
            "BOOL": lambda: r.random() < 0.5,
            "NULL": lambda: r.random() < 0.9,
            "B": lambda: r.choice(("", "YQ==", "Y")),
            "M": lambda: {str(n): value(depth + 1) for n in range(r.randint(0, 2))},
            "L": lambda: [value(depth + 1) for _ in range(r.randint(0, 2))],
            "SS": lambda: ["a"] * r.randint(0, 2),
        }[kind]()
        return {kind: content}

    bodies = []
    for _ in range(300):
        item = {"pk": {"S": r.choice("abc")}, "sk": {"N": r.choice("123")}}
        item |= {name: value(0) for name in "xyz"[: r.randint(0, 3)]}
        bodies.append(body_of(item))
    read = 0
    for body in bodies:
        try:
            form = made(body)
        except (LookupError, Invalid, Malformed):
            continue
        for other in bodies:
            found = form.read(other)
            if found is not None:
                read += 1
                assert found == expected(other)
    assert read > len(bodies)
