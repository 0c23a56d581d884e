"""Ring-2 rules of the item operations: what a request may not combine, before any look-up.

Each rule takes the request and returns AWS's message or None. A rule starts with the question that
most requests answer at once: is there any member here that the rule is about?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Request = dict[str, Any]
Rule = Callable[[Mapping[str, Any]], str | None]

NAMES = "ExpressionAttributeNames"
VALUES = "ExpressionAttributeValues"


def expression_parameters(expressions: Sequence[str], legacy: Sequence[str]) -> Rule:
    """Expressions do not mix with their legacy forerunners, and placeholders need expressions.

    Both lists are in the order in which AWS's message names them.
    """
    concerned = frozenset((*expressions, *legacy, NAMES, VALUES))
    with_values = [name for name in expressions if name != "ProjectionExpression"]
    old, new = frozenset(legacy), frozenset(with_values)

    def rule(req: Mapping[str, Any]) -> str | None:
        if concerned.isdisjoint(req):
            return None
        if not new.isdisjoint(req) and old.isdisjoint(req):
            return None  # nothing to mix with, and an expression for names and values alike
        given = [name for name in expressions if name in req]
        old_style = [name for name in legacy if name in req]
        if given and "KeyConditions" in old_style and "KeyConditionExpression" not in given:
            # KeyConditions beside a FilterExpression or a ProjectionExpression is accepted.
            old_style.remove("KeyConditions")
        if given and old_style:
            return (
                "Can not use both expression and non-expression parameters in the same request: "
                f"Non-expression parameters: {{{', '.join(old_style)}}} "
                f"Expression parameters: {{{', '.join(given)}}}"
            )
        if NAMES in req and not given:
            return "ExpressionAttributeNames can only be specified when using expressions"
        if VALUES in req and with_values and not any(name in req for name in with_values):
            verb = "is" if len(with_values) == 1 else "are"
            return (
                "ExpressionAttributeValues can only be specified when using expressions: "
                f"{' and '.join(with_values)} {verb} null"
            )
        return None

    return rule


read_parameters = expression_parameters(["ProjectionExpression"], ["AttributesToGet"])
"""GetItem, and each table of a BatchGetItem."""

write_parameters = expression_parameters(
    ["ConditionExpression"], ["Expected", "ConditionalOperator"]
)
"""PutItem, DeleteItem, and the Put, Delete and ConditionCheck of a transaction."""

update_parameters = expression_parameters(
    ["UpdateExpression", "ConditionExpression"],
    ["AttributeUpdates", "Expected", "ConditionalOperator"],
)
"""UpdateItem, and the Update of a transaction."""

query_parameters = expression_parameters(
    ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"],
    ["AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"],
)

scan_parameters = expression_parameters(
    ["ProjectionExpression", "FilterExpression"],
    ["AttributesToGet", "ScanFilter", "ConditionalOperator"],
)


def only_old_values(req: Mapping[str, Any]) -> str | None:
    """PutItem and DeleteItem know only two ReturnValues; AWS says so after looking at the item."""
    if req.get("ReturnValues", "NONE") in ("NONE", "ALL_OLD"):
        return None
    return "ReturnValues can only be ALL_OLD or NONE"


def duplicate_attribute(names: Sequence[str] | None) -> str | None:
    """AttributesToGet names an attribute once."""
    if names is None or len(set(names)) == len(names):
        return None
    seen: set[str] = set()
    for name in names:
        if name in seen:
            break
        seen.add(name)
    return f"One or more parameter values were invalid: Duplicate value in attribute name: {name}"


def select(req: Mapping[str, Any]) -> str | None:
    """What Query's and Scan's Select goes together with."""
    wanted = req.get("Select")
    named = next((n for n in ("ProjectionExpression", "AttributesToGet") if n in req), None)
    if wanted is None:
        return None
    if wanted == "SPECIFIC_ATTRIBUTES":
        if named is not None:
            return None
        return (
            "Must specify the AttributesToGet or ProjectionExpression "
            "when choosing to get SPECIFIC_ATTRIBUTES"
        )
    if named is not None:
        shown = "only the Count" if wanted == "COUNT" else wanted
        return f"Cannot specify the {named} when choosing to get {shown}"
    if wanted == "ALL_PROJECTED_ATTRIBUTES" and "IndexName" not in req:
        return "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
    return None


def segments(req: Mapping[str, Any]) -> str | None:
    """A parallel scan names both its segment and how many there are."""
    segment, total = req.get("Segment"), req.get("TotalSegments")
    if segment is None:
        if total is None:
            return None
        return (
            "The Segment parameter is required but was not present in the request "
            "when parameter TotalSegments is present"
        )
    if total is None:
        return (
            "The TotalSegments parameter is required but was not present in the request "
            "when Segment parameter is present"
        )
    if segment >= total:
        return (
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )
    return None
