"""From the expression members of a request, or their legacy forerunners, to things that evaluate.

AWS looks at them in this order: the maps of names and values, UpdateExpression,
ConditionExpression, KeyConditionExpression, FilterExpression, ProjectionExpression, then whether
every name and value was used. The functions here each do one of these steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jedlik.services.dynamodb.rules import duplicate_attribute
from jedlik.tables.errors import Invalid
from jedlik.tables.expressions import (
    Condition,
    KeyCondition,
    Placeholders,
    Projection,
    Update,
    condition,
    legacy,
    parsed_key_condition,
    projection,
    update,
)

Request = Mapping[str, Any]

EXPRESSIONS = frozenset(("KeyConditionExpression", "FilterExpression", "ProjectionExpression"))


def placeholders_of(req: Request) -> Placeholders:
    """The names and values of a request, their spelling and values checked."""
    return Placeholders(req.get("ExpressionAttributeNames"), req.get("ExpressionAttributeValues"))


def only_projection(req: Request) -> Projection | None:
    """The projection of a request that has no other expression; raises Invalid."""
    if "ProjectionExpression" not in req:
        return _attributes_to_get(req)
    placeholders = placeholders_of(req)
    found = projection(req["ProjectionExpression"], placeholders)
    placeholders.finish()
    return found


def only_condition(req: Request) -> Condition | None:
    """The condition of a write that has no other expression; raises Invalid."""
    if "ConditionExpression" in req:
        placeholders = placeholders_of(req)
        found = condition(req["ConditionExpression"], placeholders)
        placeholders.finish()
        return found
    return legacy_condition(req)


def update_and_condition(req: Request) -> tuple[Update | None, Condition | None]:
    """What an update changes and when; raises Invalid."""
    if "UpdateExpression" not in req and "ConditionExpression" not in req:
        changes = req.get("AttributeUpdates")
        change = None if changes is None else legacy.attribute_updates(changes)
        return change, legacy_condition(req)
    placeholders = placeholders_of(req)
    change, when = None, None
    if "UpdateExpression" in req:
        change = update(req["UpdateExpression"], placeholders)
    if "ConditionExpression" in req:
        when = condition(req["ConditionExpression"], placeholders)
    placeholders.finish()
    return change, when


class ReadParts(NamedTuple):
    """What a Query or Scan asks: `keys` only of a Query."""

    keys: KeyCondition | None
    condition: Condition | None
    projection: Projection | None


def legacy_parts(req: Request, filter_name: str) -> ReadParts:
    """What the legacy parameters of a Query or Scan ask; raises Invalid.

    `filter_name` is the forerunner of FilterExpression. AWS looks at Query's filter before the
    attributes to get, and at Scan's after them.
    """
    where, shown = None, None
    if filter_name == "ScanFilter":
        shown = _attributes_to_get(req)
    if filter_name in req or "ConditionalOperator" in req:
        where = legacy.filter_condition(req.get(filter_name), req.get("ConditionalOperator"))
    if filter_name == "QueryFilter":
        shown = _attributes_to_get(req)
    return ReadParts(None, where, shown)


def _attributes_to_get(req: Request) -> Projection | None:
    names = req.get("AttributesToGet")
    if names is None:
        return None
    refuse(duplicate_attribute(names))
    return legacy.attributes_to_get(names)


def with_expressions(req: Request, parts: ReadParts) -> ReadParts:
    """The same, and what the expressions of the request ask; raises Invalid."""
    if EXPRESSIONS.isdisjoint(req):
        return parts
    keys, where, shown = parts
    placeholders = placeholders_of(req)
    if "KeyConditionExpression" in req:
        keys = parsed_key_condition(req["KeyConditionExpression"], placeholders)
    if "FilterExpression" in req:
        where = condition(req["FilterExpression"], placeholders, name="FilterExpression")
    if "ProjectionExpression" in req:
        shown = projection(req["ProjectionExpression"], placeholders)
    placeholders.finish()
    return ReadParts(keys, where, shown)


def legacy_condition(req: Request) -> Condition | None:
    """The condition that Expected states, if any."""
    if "Expected" not in req and "ConditionalOperator" not in req:
        return None
    return legacy.expected_condition(req.get("Expected"), req.get("ConditionalOperator"))


def refuse(message: str | None) -> None:
    """Raise a rule's message, if it has one."""
    if message is not None:
        raise Invalid(message)
