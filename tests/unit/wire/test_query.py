"""The query protocol, with botocore's serializer and parser as oracles."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from botocore.model import ServiceModel as TheirModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.session import Session

from jedlik.api.errors import ApiError, validation
from jedlik.api.model import load_model
from jedlik.wire import query

SHAPES = {
    "In": {"type": "structure", "members": {
        "Name": "Text", "Count": "Whole", "On": "Yes", "At": "Time", "Bytes": "Blob",
        "List": "Texts", "Flat": {"shape": "FlatTexts", "locationName": "F"}, "Map": "Map",
        "Deep": "Deeps",
    }},
    "Text": {"type": "string"}, "Whole": {"type": "integer"}, "Yes": {"type": "boolean"},
    "Time": {"type": "timestamp"}, "Blob": {"type": "blob"},
    "Texts": {"type": "list", "member": {"shape": "Text"}},
    "FlatTexts": {"type": "list", "member": {"shape": "Text"}, "flattened": True},
    "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Whole"}},
    "Deep": {"type": "structure", "members": {"Texts": "Texts", "Name": "Text"}},
    "Deeps": {"type": "list", "member": {"shape": "Deep", "locationName": "item"}},
}  # fmt: skip
VALUE = {
    "Name": "a & b=\u00e9 <\U0001f600>", "Count": -7, "On": True, "At": 1_700_000_000.0,
    "Bytes": "AAH/", "List": ["x", "", "y"], "Flat": ["1", "2"], "Map": {"k": 1, "": 2},
    "Deep": [{"Texts": ["t"], "Name": "n"}, {"Texts": []}],
}  # fmt: skip


def theirs() -> TheirModel:
    """The same model as botocore reads it."""
    shapes = {}
    for name, shape in SHAPES.items():
        if "members" in shape:
            members = {
                key: {"shape": each} if isinstance(each, str) else each
                for key, each in shape["members"].items()
            }
            shape = {**shape, "members": members}
        shapes[name] = shape
    operation = {
        "name": "Do", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"},
        "output": {"shape": "In", "resultWrapper": "DoResult"},
    }  # fmt: skip
    metadata = {"apiVersion": "2000-01-01", "protocol": "query", "endpointPrefix": "x"}
    return TheirModel({"metadata": metadata, "operations": {"Do": operation}, "shapes": shapes})


class Model:
    """Ours."""

    metadata = {"xmlNamespace": "urn:x"}
    shapes = SHAPES
    operations = {"Do": {"output": "In", "resultWrapper": "DoResult"}}


def test_what_botocore_sends_is_read():
    sent = {**VALUE, "At": datetime.fromtimestamp(VALUE["At"], UTC), "Bytes": b"\x00\x01\xff"}
    body = create_serializer("query").serialize_to_request(sent, theirs().operation_model("Do"))
    form = query.read_form(urlencode(body["body"]).encode())
    assert (form["Action"], form["Version"]) == ("Do", "2000-01-01")
    assert query.read_input(SHAPES, "In", form) == VALUE


def test_what_is_written_botocore_reads():
    answer = query.write_answer(Model(), "Do", VALUE, "the-id")  # type: ignore[arg-type]
    shape = theirs().operation_model("Do").output_shape
    reply = {"body": answer, "headers": {}, "status_code": 200}
    found = create_parser("query").parse(reply, shape)
    assert found.pop("ResponseMetadata")["RequestId"] == "the-id"
    assert found.pop("At").timestamp() == VALUE["At"]
    assert found.pop("Bytes") == b"\x00\x01\xff"
    assert found == {key: each for key, each in VALUE.items() if key not in ("At", "Bytes")}


def test_text_that_xml_cannot_hold_is_replaced():
    answer = query.write_answer(Model(), "Do", {"Name": "a\x00b\rc\ud800"}, "i")  # type: ignore[arg-type]
    found = create_parser("query").parse(
        {"body": answer, "headers": {}, "status_code": 200},
        theirs().operation_model("Do").output_shape,
    )
    assert found["Name"] == "a\ufffdb\rc\ufffd"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (b"List=", {"List": []}),
        (b"List.member.2=b&List.member.1=a&List.member.10=c", {"List": ["a", "b", "c"]}),
        (b"List.member.x=a&List.1=b", {"List": []}),
        (b"Name=a&Name=b&Unknown.1.2=c", {"Name": "a"}),
        (b"Name.x=1&Name=a", {"Name": ""}),
        (b"Map.entry.1.key=k&Map.entry.1.value=3&Map.entry.2.value=4", {"Map": {"k": 3}}),
        (b"&&=&Name=%C3%A9+%2B%FF", {"Name": "\u00e9 +\ufffd"}),
        (b"Deep.item.1.Name=" + b"a." * 100, {"Deep": [{"Name": "a." * 100}]}),
    ],
)
def test_odd_forms(form, expected):
    assert query.read_input(SHAPES, "In", query.read_form(form)) == expected


@pytest.mark.parametrize(
    "form", [b"Count=x", b"Count=1_0", b"Count=%D9%A3", b"On=maybe", b"At=yesterday", b"Count="]
)
def test_values_that_are_none(form):
    with pytest.raises(ApiError) as refused:
        query.read_input(SHAPES, "In", query.read_form(form))
    assert refused.value.code == "MalformedInput"


def test_forms_without_end_are_refused_or_bounded():
    with pytest.raises(ApiError):
        query.read_form(b"a=1&" * query.PARAMETERS_MAX)
    deep = b".".join([b"Name"] * 50_000) + b"=x"
    assert query.read_input(SHAPES, "In", query.read_form(deep)) == {}


@pytest.mark.parametrize(
    ("refusal", "code", "status"),
    [
        (validation("x"), "ValidationError", 400),
        (ApiError("UnrecognizedClientException", "x"), "InvalidClientTokenId", 403),
        (ApiError("InvalidSignatureException", "x"), "SignatureDoesNotMatch", 403),
        (ApiError("ExpiredTokenException", "x"), "ExpiredToken", 403),
        (ApiError("MissingAuthenticationTokenException", "x"), "MissingAuthenticationToken", 403),
        (ApiError("NoSuchEntityException", "x"), "NoSuchEntity", 404),
        (ApiError("InternalServerError", "x", status=500), "InternalFailure", 500),
    ],
)
def test_errors_have_the_names_of_the_protocol(refusal, code, status):
    model = load_model("iam")
    assert query.told(refusal, model) == (code, status)
    body = query.write_refusal(refusal, model, "the-id")
    shape = Session().get_service_model("iam").operation_model("GetUser").output_shape
    found = create_parser("query").parse(
        {"body": body, "headers": {}, "status_code": status}, shape
    )
    assert found["Error"]["Code"] == code
    assert found["Error"]["Type"] == ("Sender" if status < 500 else "Receiver")
    assert found["ResponseMetadata"]["RequestId"] == "the-id"
