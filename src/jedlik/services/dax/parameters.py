"""The two parameters there are, and reading the values that a request gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jedlik.services.dax.errors import invalid_value
from jedlik.services.dax.records import DEFAULT_PARAMETER_GROUP, ParameterGroupRecord

QUERY_TTL, RECORD_TTL = "query-ttl-millis", "record-ttl-millis"
DESCRIPTIONS = {
    QUERY_TTL: "Duration in milliseconds for queries to remain cached",
    RECORD_TTL: "Duration in milliseconds for records to remain valid in cache "
    "(Default: 0 = infinite)",
}
"""In the order in which DescribeParameters shows them."""
TTL_MS_MAX = 2**63 - 1


def shown(group: ParameterGroupRecord) -> list[dict[str, Any]]:
    """A group's parameters as the API shows them (CLI reference, describe-parameters)."""
    values = {QUERY_TTL: group.query_ttl_ms, RECORD_TTL: group.record_ttl_ms}
    return [
        {
            "ParameterName": name,
            "ParameterType": "DEFAULT",
            "ParameterValue": str(values[name]),
            "NodeTypeSpecificValues": [],
            "Description": description,
            "Source": "system" if group is DEFAULT_PARAMETER_GROUP else "user",
            "DataType": "integer",
            "AllowedValues": "0-",
            "IsModifiable": "TRUE",
            "ChangeType": "IMMEDIATE",
        }
        for name, description in DESCRIPTIONS.items()
    ]


def with_values(
    group: ParameterGroupRecord, given: Sequence[dict[str, Any]]
) -> ParameterGroupRecord:
    """The group with the values of a request. Unverified texts."""
    for pair in given:
        name, value = pair.get("ParameterName"), pair.get("ParameterValue", "")
        if name not in DESCRIPTIONS:
            raise invalid_value(f"Could not find parameter with name: {name}")
        if not (value.isascii() and value.isdigit() and int(value[:20]) <= TTL_MS_MAX):
            raise invalid_value(
                f"The parameter value {value} for parameter {name} is not valid. Allowed values: 0-"
            )
        if name == QUERY_TTL:
            group = replace(group, query_ttl_ms=int(value))
        else:
            group = replace(group, record_ttl_ms=int(value))
    return group
