"""Insight rules: DynamoDB's, which follow from the settings of its tables, and those of clients.

Rules over log groups can be put, shown and switched as with AWS; there are no log groups here yet,
so nothing ever contributes to them. DynamoDB's are AWS's managed rules: shown and reported, changed
by UpdateContributorInsights only (DynamoDB developer guide, "How it works").
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.services.cloudwatch.errors import invalid_value
from jedlik.services.cloudwatch.records import INSIGHT_RULE, Records
from jedlik.services.dynamodb.contributor_insights import RULE_PREFIX, KeyRule, rules_of
from jedlik.tables.database import Database
from jedlik.tables.errors import TableNotFound

TABLES_PER_PAGE = 100
LOG_RULE = "CloudWatchLogRule"
MANAGED_SCHEMA = '{"Name":"ServiceLogRule","Version":1}'  # unverified
LOG_SCHEMA = '{"Name":"CloudWatchLogRule","Version":1}'
STATES = ("ENABLED", "DISABLED")

Failure = dict[str, Any]


def rule_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """The rules that a request names, for policies."""
    names = [req["RuleName"]] if "RuleName" in req else req.get("RuleNames", ())
    return [f"arn:aws:cloudwatch:{ctx.region}:{ctx.account}:insight-rule/{name}" for name in names]


def is_managed(name: str) -> bool:
    return name.startswith(RULE_PREFIX)


async def key_rules(db: Database, account: str, region: str) -> list[KeyRule]:
    """DynamoDB's rules of an account and region, in order of their names."""
    found: list[KeyRule] = []
    last: str | None = None
    while True:
        names = await db.catalog.names(account, region, after=last, limit=TABLES_PER_PAGE)
        for name in names:
            try:
                found += rules_of(await db.catalog.get(account, region, name))
            except TableNotFound:
                continue
        if len(names) < TABLES_PER_PAGE:
            return sorted(found, key=lambda rule: rule.name)
        last = names[-1]


async def key_rule(db: Database, account: str, region: str, name: str) -> KeyRule | None:
    """DynamoDB's rule of that name."""
    if not is_managed(name):
        return None
    rules = await key_rules(db, account, region)
    return next((rule for rule in rules if rule.name == name), None)


def definition_of(rule: KeyRule) -> str:
    """What DescribeInsightRules shows of a rule of DynamoDB's. Unverified: AWS's text."""
    value = "ConsumedThroughputUnits" if rule.kind.endswith("C") else "ThrottleCount"
    definition = {
        "Schema": orjson.loads(MANAGED_SCHEMA),
        "LogFormat": "JSON",
        "AggregateOn": "Sum",
        "Contribution": {
            "Keys": [f"$.{label}" for label in rule.labels],
            "ValueOf": f"$.{value}",
            "Filters": [],
        },
        "ResourceARN": rule.table.index_arn(rule.index_name) if rule.index_name else rule.table.arn,
    }
    # The model allows ASCII only, and names of attributes may be anything.
    return json.dumps(definition, separators=(",", ":"))


def check_definition(text: str) -> None:
    """Whether a client's rule can be one. Raises ApiError. Unverified: the texts."""
    try:
        definition = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid_value("The rule definition is not valid JSON.") from None
    schema = definition.get("Schema") if isinstance(definition, dict) else None
    if not isinstance(schema, dict) or schema.get("Name") != LOG_RULE or schema.get("Version") != 1:
        raise invalid_value('The Schema must be {"Name": "CloudWatchLogRule", "Version": 1}.')
    contribution = definition.get("Contribution")
    keys = contribution.get("Keys") if isinstance(contribution, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= 4:
        raise invalid_value("Contribution.Keys must have between 1 and 4 keys.")
    if not definition.get("LogGroupNames") and not definition.get("LogGroupARNs"):
        raise invalid_value("LogGroupNames must be given.")
    if definition.get("AggregateOn") not in ("Count", "Sum"):
        raise invalid_value("AggregateOn must be Count or Sum.")
    if definition["AggregateOn"] == "Sum" and "ValueOf" not in contribution:
        raise invalid_value("ValueOf must be given when AggregateOn is Sum.")


async def failures(ctx: Context, names: Sequence[str]) -> list[Failure]:
    """Those that cannot be changed: unknown, or DynamoDB's. Unverified: codes and texts."""
    records = Records.of(ctx)
    found: list[Failure] = []
    for name in names:
        if is_managed(name):
            code, told = "ManagedRule", "The rule is managed by DynamoDB and cannot be changed."
        elif await records.get(INSIGHT_RULE, name) is None:
            code, told = "ResourceNotFound", "The rule does not exist."
        else:
            continue
        found.append(
            {
                "FailureResource": name,
                "ExceptionType": "ResourceNotFoundException"
                if code == "ResourceNotFound"
                else "InvalidParameterValueException",
                "FailureCode": code,
                "FailureDescription": told,
            }
        )
    return found


async def switch(ctx: Context, names: Sequence[str], state: str) -> list[Failure]:
    """Enable or disable rules; those that could not be."""
    wrong = await failures(ctx, names)
    bad = {each["FailureResource"] for each in wrong}
    records = Records.of(ctx)
    for name in names:
        if name not in bad:
            await records.put(
                INSIGHT_RULE, name, lambda old: old.switched(state) if old is not None else None
            )
    return wrong
