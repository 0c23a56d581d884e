"""Constraint violations: all of them, in AWS's order and words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from jedlik.api.constraints import TEXT_MAX, enum_rule
from jedlik.api.errors import ApiError
from jedlik.api.model import load_model

MODEL = load_model("dynamodb")


def text_of(operation: str, request: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as refused:
        MODEL.input_shape(operation).constrain(request)
    assert refused.value.code == "ValidationException"
    assert refused.value.message is not None
    return refused.value.message


def test_one_and_several():
    at = "failed to satisfy constraint: Member must not be null"
    assert text_of("GetItem", {"TableName": "abc"}) == (
        f"1 validation error detected: Value null at 'key' {at}"
    )
    assert text_of("GetItem", {}) == (
        f"2 validation errors detected: Value null at 'tableName' {at}; Value null at 'key' {at}"
    )


def test_the_pattern_comes_before_the_bounds():
    assert text_of("ListTables", {"ExclusiveStartTableName": "a;", "Limit": 500}) == (
        "3 validation errors detected: "
        "Value '500' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 100; "
        "Value 'a;' at 'exclusiveStartTableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        "Value 'a;' at 'exclusiveStartTableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    )


# As dynalite recorded them from AWS, whose order is that of a Java HashSet.
@pytest.mark.parametrize(
    ("shape", "members"),
    [
        ("ScalarAttributeType", "B, N, S"),
        ("KeyType", "HASH, RANGE"),
        ("ReturnConsumedCapacity", "INDEXES, TOTAL, NONE"),
        ("ReturnItemCollectionMetrics", "SIZE, NONE"),
        ("ReturnValue", "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW"),
        ("ConditionalOperator", "OR, AND"),
        ("BillingMode", "PROVISIONED, PAY_PER_REQUEST"),
        ("Select", "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES"),
        (
            "ComparisonOperator",
            "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, "
            "CONTAINS",
        ),
    ],
)
def test_enums_are_printed_in_the_order_of_aws(shape, members):
    rule = enum_rule(MODEL.shapes[shape])
    assert rule == f"Member must satisfy enum value set: [{members}]"


def test_paths_lead_into_lists_and_maps():
    request = {
        "TableName": "abc",
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"KeyType": "x"}],
    }
    assert text_of("CreateTable", request) == (
        "2 validation errors detected: "
        "Value null at 'keySchema.2.member.attributeName' failed to satisfy constraint: "
        "Member must not be null; "
        "Value 'x' at 'keySchema.2.member.keyType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [HASH, RANGE]"
    )
    assert text_of("BatchGetItem", {"RequestItems": {"abc": {}}}) == (
        "1 validation error detected: Value null at 'requestItems.abc.member.keys' "
        "failed to satisfy constraint: Member must not be null"
    )


def test_lists_in_maps_are_told_at_the_map():
    assert text_of("BatchWriteItem", {"RequestItems": {"abc": []}}) == (
        "1 validation error detected: Value '{abc=[]}' at 'requestItems' failed to satisfy "
        "constraint: Map value must satisfy constraint: [Member must have length less than or "
        "equal to 25, Member must have length greater than or equal to 1]"
    )


def test_scalars_in_lists_are_told_at_the_list():
    request = {"ResourceArn": "x", "TagKeys": ["a", ""]}
    assert text_of("UntagResource", request) == (
        "1 validation error detected: Value '[a, ]' at 'tagKeys' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 1]"
    )


def test_structures_print_as_java_does():
    write = {"PutRequest": {"Item": {"a": {"S": "x"}}}}
    text = text_of("BatchWriteItem", {"RequestItems": {"abc": [write] * 26}})
    assert text.startswith(
        "1 validation error detected: Value '{abc=[WriteRequest(putRequest=PutRequest(item={a="
        "com.amazonaws.dynamodb.v20120810.AttributeValue@"
    )
    assert "deleteRequest=null), WriteRequest(" in text


def test_ten_are_told():
    index = {"KeySchema": [], "Projection": {"ProjectionType": "ALL"}}
    request = {"TableName": "abc", "LocalSecondaryIndexes": [index] * 6}
    text = text_of("CreateTable", request)
    assert text.startswith("10 validation errors detected: ")
    assert text.count("failed to satisfy") == 10


@pytest.mark.parametrize(
    ("operation", "request_", "paths"),
    [
        (
            "UpdateItem",
            {
                "ReturnConsumedCapacity": "x",
                "ConditionalOperator": "x",
                "ReturnValues": "x",
                "ReturnItemCollectionMetrics": "x",
                "TableName": "",
            },
            "returnConsumedCapacity tableName returnItemCollectionMetrics returnValues key "
            "conditionalOperator",
        ),
        (
            "Query",
            {
                "TableName": "",
                "Select": "x",
                "ReturnConsumedCapacity": "x",
                "IndexName": "h",
                "AttributesToGet": [],
                "Limit": 0,
                "ConditionalOperator": "x",
            },
            "select indexName returnConsumedCapacity tableName conditionalOperator "
            "attributesToGet limit",
        ),
    ],
)
def test_members_are_told_in_the_order_of_aws(operation, request_, paths):
    text = text_of(operation, request_)
    assert re.findall(r" at '(.*?)' failed", text) == paths.split()


def test_the_answer_does_not_grow_with_the_square_of_the_request():
    keys = {f"{'x' * 1025}{number}": {"Keys": []} for number in range(99)}
    text = text_of("BatchGetItem", {"RequestItems": keys})
    assert len(text) < 2 * TEXT_MAX
