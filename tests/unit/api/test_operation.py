"""Declaring, finding and checking operations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jedlik.api import ApiError, Operation, Registry, Service, operation
from jedlik.api.model import load_model


async def nothing(ctx: Any, req: dict[str, Any]) -> dict[str, Any]:
    return {}


def declared(name: str, **more: Any) -> Operation:
    return operation("dynamodb", name, access="read", **more)(nothing)


def refused(op: Operation, request: Any) -> tuple[str, str | None]:
    with pytest.raises(ApiError) as error:
        op.check(request)
    return error.value.code, error.value.message


def test_a_misspelt_operation_fails_at_import():
    with pytest.raises(LookupError, match="no operation GetItems"):
        declared("GetItems")


def test_an_unknown_service_fails_at_import():
    with pytest.raises(LookupError, match="no model of nothing"):
        operation("nothing", "GetItem", access="read")


def test_the_registry_finds_by_target_and_by_name():
    op = declared("GetItem")
    registry = Registry([Service("dynamodb", {"GetItem": op}, lambda fault: None)])
    assert registry.target("DynamoDB_20120810.GetItem") is op
    assert registry.target("DynamoDB_20120810.PutItem") is None
    assert registry.operation("dynamodb", "GetItem") is op
    assert registry.operation("nothing", "GetItem") is None
    assert list(registry) == [op]


def test_rules_come_after_constraints_and_first_rules_before():
    op = declared(
        "GetItem", rules=[lambda req: "late"], first=[lambda req: req.get("ProjectionExpression")]
    )
    assert refused(op, {"TableName": "abc", "Key": {}}) == ("ValidationException", "late")
    assert refused(op, {"TableName": "abc"})[1].startswith("1 validation error")
    assert refused(op, {"ProjectionExpression": "early"}) == ("ValidationException", "early")


def test_types_come_before_everything():
    op = declared("GetItem", rules=[lambda req: "late"], first=[lambda req: "early"])
    request = {"TableName": 1}
    assert refused(op, request)[0] == "SerializationException"


def test_a_mistake_in_an_attribute_value_comes_before_a_broken_rule():
    op = declared("GetItem", rules=[lambda req: "late"])
    request = {"TableName": "abc", "Key": {"a": {"S": 1}}}
    assert refused(op, request) == (
        "SerializationException",
        "NUMBER_VALUE cannot be converted to String",
    )


def test_the_fast_check_leaves_attribute_values_to_others():
    op = declared("GetItem")
    request = {"TableName": "abc", "Key": {"a": {"S": 1}}}
    op.check(request)
    with pytest.raises(ApiError):
        op.check_deep(request)


def test_null_and_unknown_members_are_dropped():
    request = {"TableName": "abc", "Key": {"a": {"S": "x"}}, "ConsistentRead": None, "X": 1}
    declared("GetItem").check(request)
    assert request == {"TableName": "abc", "Key": {"a": {"S": "x"}}}


@pytest.mark.parametrize("body", [[], "x", 1, None, True])
def test_a_body_that_is_no_object_has_no_members(body):
    code, text = refused(declared("GetItem"), body)
    assert (code, text.split(":")[0]) == ("ValidationException", "2 validation errors detected")


NAMES = ["TableName", "IndexName", "Limit", "Select", "ConsistentRead", "AttributesToGet"]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["COUNT", "abc"]),
    st.lists(st.one_of(st.text(max_size=3), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # CI machines stutter
@given(st.dictionaries(st.sampled_from([*NAMES, "Unknown"]), VALUES))
def test_fast_and_exact_checks_agree(request):
    """What the fast check accepts the exact check leaves alone, and what it refuses is wrong."""
    shape = load_model("dynamodb").input_shape("Query")
    before = dict(request)
    accepted = shape.accepts(request)
    try:
        shape.convert(request)
        shape.constrain(request)
    except ApiError:
        assert not accepted
    else:
        assert accepted == (request == before)


def test_made_up_members_are_not_remembered():
    shape = load_model("dynamodb").input_shape("Query")
    plans = len(shape._plans)
    for number in range(10):
        assert not shape.accepts({"TableName": "abc", f"x{number}": 1})
    assert len(shape._plans) == plans
