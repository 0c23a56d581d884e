"""Reading a body into the input shape fails as AWS's own parser fails. Texts seen at dynalite."""

from __future__ import annotations

import math
from typing import Any

import pytest

from jedlik.api.errors import ApiError
from jedlik.api.model import load_model

SHAPES = load_model("dynamodb")
STRUCTURE = "Start of structure or map found where not expected"
CAST = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
    "java.lang.Class are in module java.base of loader 'bootstrap')"
)
ATTRIBUTE_VALUE = "com.amazonaws.dynamodb.v20120810.AttributeValue"


def text_of(operation: str, request: dict[str, Any]) -> str | None:
    with pytest.raises(ApiError) as refused:
        SHAPES.input_shape(operation).convert(request)
    assert refused.value.code == "SerializationException"
    assert refused.value.message_key == "Message"
    return refused.value.message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (23, "NUMBER_VALUE cannot be converted to String"),
        (34.5, "DECIMAL_VALUE cannot be converted to String"),
        (True, "TRUE_VALUE cannot be converted to String"),
        (False, "FALSE_VALUE cannot be converted to String"),
        ([], "Unrecognized collection type class java.lang.String"),
        ({}, STRUCTURE),
    ],
)
def test_no_string(value, text):
    assert text_of("GetItem", {"TableName": value}) == text
    assert text_of("GetItem", {"Key": {"a": {"S": value}}}) == text
    assert text_of("GetItem", {"AttributesToGet": [value]}) == text


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_no_finite_number(value):
    """CBOR has them."""
    assert text_of("Query", {"Limit": value}) is None
    assert text_of("CreateTable", {"ProvisionedThroughput": {"ReadCapacityUnits": value}}) is None
    assert text_of("RestoreTableToPointInTime", {"RestoreDateTime": value}) is None


@pytest.mark.parametrize(
    ("given", "read"),
    [(5, 5), (-1.5, -1.5), (1e300, 2**63 // 1000), (-(10**400), -(2**63) // 1000)],
)
def test_times_fit_a_long_of_milliseconds(given, read):
    request = {"RestoreDateTime": given}
    SHAPES.input_shape("RestoreTableToPointInTime").convert(request)
    assert request["RestoreDateTime"] == pytest.approx(read)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("23", "STRING_VALUE cannot be converted to Integer"),
        (True, "TRUE_VALUE cannot be converted to Integer"),
        ([], "Unrecognized collection type class java.lang.Integer"),
        ({}, STRUCTURE),
    ],
)
def test_no_integer(value, text):
    assert text_of("Query", {"Limit": value}) == text
    units = {"ProvisionedThroughput": {"ReadCapacityUnits": value}}
    assert text_of("CreateTable", units) == text.replace("Integer", "Long")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("23", "Unexpected token received from parser"),
        (1, "NUMBER_VALUE cannot be converted to Boolean"),
        (1.5, "DECIMAL_VALUE cannot be converted to Boolean"),
        ([], "Unrecognized collection type class java.lang.Boolean"),
        ({}, STRUCTURE),
    ],
)
def test_no_boolean(value, text):
    assert text_of("GetItem", {"ConsistentRead": value}) == text


@pytest.mark.parametrize(("value", "meant"), [("true", True), ("YES", True), ("0", False)])
def test_strings_that_say_true_or_false_become_so(value, meant):
    request = {"ConsistentRead": value}
    SHAPES.input_shape("GetItem").convert(request)
    assert request == {"ConsistentRead": meant}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "only base-64-encoded strings are convertible to bytes"),
        (True, "only base-64-encoded strings are convertible to bytes"),
        ("abcde", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        ("=+/=", "Invalid last non-pad Base64 character dectected"),
        ("+/+=", "Invalid last non-pad Base64 character dectected"),
        ("+/==", "Invalid last non-pad Base64 character dectected"),
        ([], "Unrecognized collection type class java.nio.ByteBuffer"),
        ({}, STRUCTURE),
    ],
)
def test_no_blob(value, text):
    assert text_of("GetItem", {"Key": {"a": {"B": value}}}) == text


@pytest.mark.parametrize("value", ["", "AA==", "AAA=", "AAAA", "+/+8"])
def test_good_base64(value):
    SHAPES.input_shape("GetItem").convert({"Key": {"a": {"B": value}}})


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"Key": "x"}, "Unexpected field type"),
        (
            {"Key": []},
            f"Unrecognized collection type java.util.Map<java.lang.String, {ATTRIBUTE_VALUE}>",
        ),
        ({"Key": {"a": "x"}}, "Unexpected value type in payload"),
        ({"Key": {"a": []}}, f"Unrecognized collection type class {ATTRIBUTE_VALUE}"),
        ({"Key": {"a": {"L": {}}}}, STRUCTURE),
        ({"Key": {"a": {"SS": "x"}}}, "Unexpected field type"),
        ({"Key": {"a": {"M": {"deep": {"N": 1}}}}}, "NUMBER_VALUE cannot be converted to String"),
    ],
)
def test_attribute_values(request_, text):
    assert text_of("GetItem", request_) == text


@pytest.mark.parametrize(
    ("operation", "request_", "text"),
    [
        ("CreateTable", {"ProvisionedThroughput": "x"}, "Unexpected field type"),
        ("CreateTable", {"KeySchema": ["x"]}, "Unexpected value type in payload"),
        ("CreateTable", {"KeySchema": {}}, STRUCTURE),
        ("BatchWriteItem", {"RequestItems": {"abc": "x"}}, CAST),
        ("BatchGetItem", {"RequestItems": {"abc": {"Keys": ["x"]}}}, CAST),
        (
            "BatchWriteItem",
            {"RequestItems": []},
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>",
        ),
    ],
)
def test_collections(operation, request_, text):
    assert text_of(operation, request_) == text


def test_the_first_in_the_document_is_told():
    later = {"ConsistentRead": 1, "TableName": 1}
    assert text_of("GetItem", later) == "NUMBER_VALUE cannot be converted to Boolean"


def test_what_aws_puts_right_is_put_right():
    request = {"TableName": None, "Limit": 2.9, "ConsistentRead": "TRUE", "Unknown": {"x": 1}}
    SHAPES.input_shape("Query").convert(request)
    assert request == {"Limit": 2, "ConsistentRead": True}


def test_huge_whole_numbers_are_cut_to_the_type():
    request = {"Limit": 10**30}
    SHAPES.input_shape("Query").convert(request)
    assert request == {"Limit": 2**31 - 1}
