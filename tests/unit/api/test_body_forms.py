"""Forms of bodies: what has one, that both forms of the module agree, and that none is laxer."""

from __future__ import annotations

from random import Random

import orjson
import pytest

from jedlik.api.body_pieces import pieces_around
from tests.support.forms import Form, forms_of

PK, SK = ("Key", "pk", "S"), ("Key", "sk", "N")
BODY = b'{"TableName": "k1", "Key": {"sk": {"N": "7"}, "pk": {"S": "k1"}}, "ConsistentRead": true}'


@pytest.fixture(params=forms_of("jedlik.api.body_forms"), ids=str)
def body_forms(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


def test_strings_are_found_where_they_stand() -> None:
    pieces, order = pieces_around(BODY, [PK, SK])
    assert order == [1, 0]
    assert pieces == [
        b'{"TableName": "k1", "Key": {"sk": {"N": "',
        b'"}, "pk": {"S": "',
        b'"}}, "ConsistentRead": true}',
    ]


def test_the_last_of_two_members_of_a_name_is_the_one_that_counts() -> None:
    body = b'{"Key":{"pk":{"S":"a"}},"Key":{"pk":{"S":"a"}}}'
    pieces, _ = pieces_around(body, [PK])
    assert pieces == [b'{"Key":{"pk":{"S":"a"}},"Key":{"pk":{"S":"', b'"}}}']


@pytest.mark.parametrize(
    "body",
    [
        b'{"Key":{"pk":{"S":"\\u0061"}}}',
        b'{"Key":{"pk":{"S":"a\\"b"}}}',
        '{"Key":{"pk":{"S":"ä"}}}'.encode(),
        b'{"Key":{"pk":{"S":""}}}',
        b'{"Key":{"pk":{"S":7}}}',
        b'{"Key":{"pk":{"B":"a"}}}',
        b'{"Key":{"pk":"a"}}',
        b'{"Key":["pk"]}',
        b'{"Key":null}',
        b"[]",
        b"{",
    ],
)
def test_no_form(body: bytes) -> None:
    with pytest.raises(LookupError):
        pieces_around(body, [PK])


@pytest.mark.parametrize("more", [b'"x"' + b" " * 4096, b",".join([b'"a"'] * 100)])
def test_what_takes_too_long_to_find_out(more: bytes) -> None:
    with pytest.raises(LookupError):
        pieces_around(b'{"more":[%b],"Key":{"pk":{"S":"a"}}}' % more, [PK])


def test_reading(body_forms) -> None:
    form = body_forms.BodyForm(pieces_around(BODY, [PK, SK])[0])
    assert form.read(BODY) == [b"7", b"k1"]
    other = BODY.replace(b'"7"', b'"-1.5e3"').replace(b'{"S": "k1"', b'{"S": "a {}:, b~"')
    assert form.read(other) == [b"-1.5e3", b"a {}:, b~"]
    for text in (b"", b"\\n", b'a\\"', b"\x7f", b"\x1f", b"\0", "ä".encode(), b'"', b'x"y'):
        assert form.read(BODY.replace(b'{"S": "k1"', b'{"S": "%b"' % text)) is None
    for end in range(len(BODY)):
        assert form.read(BODY[:end]) is None
    assert form.read(BODY + b" ") is None
    assert form.read(b" " + BODY) is None


def test_what_a_form_reads_is_what_decoding_gives(body_forms) -> None:
    """Bodies with bytes changed, taken away and put in: never another answer than JSON's."""
    r = Random(11)
    form = body_forms.BodyForm(pieces_around(BODY, [PK, SK])[0])
    wanted, read = orjson.loads(BODY), 0
    for _ in range(20_000):
        changed = bytearray(BODY)
        for _ in range(r.randint(1, 3)):
            at = r.randrange(len(changed))
            piece = r.choice((b"", b'"', b"\\", b"}", b"a", bytes((r.randrange(256),))))
            changed[at : at + r.randint(0, 1)] = piece
        found = form.read(bytes(changed))
        if found is None:
            continue
        read += 1
        wanted["Key"] = {"sk": {"N": found[0].decode()}, "pk": {"S": found[1].decode()}}
        assert orjson.loads(bytes(changed)) == wanted
    assert read > 50
