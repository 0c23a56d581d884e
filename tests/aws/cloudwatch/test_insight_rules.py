"""Insight rules: DynamoDB's are shown and left alone, clients' are kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.aws.cloudwatch.conftest import refused

DEFINITION = json.dumps(
    {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": ["web"],
        "LogFormat": "JSON",
        "Contribution": {"Keys": ["$.ip"], "Filters": []},
        "AggregateOn": "Count",
    }
)


@pytest.fixture
def watched(make_table: Callable[..., str], make_client: Callable[..., Any]) -> Iterator[list[str]]:
    """The rules of a table with contributor insights."""
    dynamodb = make_client("dynamodb")
    table = make_table("pk:S")
    dynamodb.update_contributor_insights(TableName=table, ContributorInsightsAction="ENABLE")
    told = dynamodb.describe_contributor_insights(TableName=table)
    yield told["ContributorInsightsRuleList"]
    dynamodb.update_contributor_insights(TableName=table, ContributorInsightsAction="DISABLE")


def all_rules(cloudwatch: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    more: dict[str, Any] = {}
    while True:
        page = cloudwatch.describe_insight_rules(MaxResults=2, **more)
        found.update((rule["Name"], rule) for rule in page["InsightRules"])
        if "NextToken" not in page:
            return found
        more = {"NextToken": page["NextToken"]}


def test_rules_of_dynamodb_are_shown_as_managed(any_cloudwatch: Any, watched: list[str]) -> None:
    rules = all_rules(any_cloudwatch)
    assert len(watched) == 2
    for name in watched:
        assert rules[name]["ManagedRule"] is True
        assert rules[name]["State"] == "ENABLED"
        assert json.loads(rules[name]["Definition"])["Contribution"]["Keys"] == ["$.pk"]


def test_rules_of_dynamodb_cannot_be_changed(cloudwatch: Any, watched: list[str]) -> None:
    for change in ("delete", "enable", "disable"):
        answer = getattr(cloudwatch, f"{change}_insight_rules")(RuleNames=watched)
        assert [each["FailureResource"] for each in answer["Failures"]] == watched
    code, _, _ = refused(
        cloudwatch.put_insight_rule, RuleName=watched[0], RuleDefinition=DEFINITION
    )
    assert code == "InvalidParameterValue"
    assert set(watched) <= set(all_rules(cloudwatch))


def test_rules_of_clients_are_kept_switched_and_deleted(
    cloudwatch: Any, fresh: Callable[[], str]
) -> None:
    name = fresh()
    cloudwatch.put_insight_rule(
        RuleName=name, RuleDefinition=DEFINITION, Tags=[{"Key": "a", "Value": "1"}]
    )
    answer = cloudwatch.disable_insight_rules(RuleNames=[name, "no-such-rule"])
    assert [each["FailureResource"] for each in answer["Failures"]] == ["no-such-rule"]
    rule = all_rules(cloudwatch)[name]
    assert (rule["State"], rule["ManagedRule"]) == ("DISABLED", False)
    assert rule["Definition"] == DEFINITION
    arn = f"arn:aws:cloudwatch:us-east-1:000000000000:insight-rule/{name}"
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "a", "Value": "1"}
    ]
    cloudwatch.enable_insight_rules(RuleNames=[name])
    assert all_rules(cloudwatch)[name]["State"] == "ENABLED"
    now = time.time()
    report = {"StartTime": now - 60, "EndTime": now, "Period": 60}
    assert cloudwatch.get_insight_rule_report(RuleName=name, **report)["Contributors"] == []
    assert cloudwatch.delete_insight_rules(RuleNames=[name])["Failures"] == []
    assert name not in all_rules(cloudwatch)
    code, _, status = refused(cloudwatch.get_insight_rule_report, RuleName=name, **report)
    assert (code, status) == ("ResourceNotFoundException", 404)


def test_what_is_wrong_is_refused(cloudwatch: Any, watched: list[str]) -> None:
    good = {"RuleName": watched[0], "StartTime": 0, "EndTime": 60, "Period": 60}
    cloudwatch.get_insight_rule_report(**good)
    for wrong in (
        {"Period": 90},
        {"EndTime": 0},
        {"EndTime": 90_000},
        {"MaxContributorCount": 101},
        {"OrderBy": "Minimum"},
        {"Metrics": ["Median"]},
    ):
        code, _, _ = refused(cloudwatch.get_insight_rule_report, **{**good, **wrong})
        assert code == "InvalidParameterValue"
    for definition in ("{", "{}", DEFINITION.replace("CloudWatchLogRule", "Other")):
        code, _, _ = refused(cloudwatch.put_insight_rule, RuleName="bad", RuleDefinition=definition)
        assert code == "InvalidParameterValue"
