"""Contributor insights: the hot keys of tables and indexes, by name, on every path.

CloudWatch's report also has the minute that goes on, so nothing here waits for a minute to end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws.dynamodb.conftest import Ask
from tests.aws.dynamodb.test_throttling import BIG, ONE, refused

Report = Callable[..., dict[str, Any]]
PREFIX = "DynamoDBContributorInsights-"


@pytest.fixture(autouse=True)
def only_where_insights_are(target: str) -> None:
    if target != "jedlik":
        pytest.skip("DynamoDB Local counts no keys, and AWS takes minutes to tell")


@pytest.fixture(scope="session")
def cloudwatch(make_client: Callable[..., Any]) -> Any:
    return make_client("cloudwatch")


@pytest.fixture
def report(ask: Ask, cloudwatch: Any) -> Report:
    """report(table, "PKC", …): the report of one of the rules of a table or index."""

    def call(table: str, kind: str, index: str | None = None, **more: Any) -> dict[str, Any]:
        named = {"TableName": table, **({"IndexName": index} if index else {})}
        rules = ask("DescribeContributorInsights", **named)["ContributorInsightsRuleList"]
        (rule,) = [name for name in rules if name.startswith(f"{PREFIX}{kind}-")]
        now = time.time()
        answer: dict[str, Any] = cloudwatch.get_insight_rule_report(
            RuleName=rule, StartTime=now - 1800, EndTime=now + 1800, Period=3600, **more
        )
        return answer

    return call


def enable(ask: Ask, table: str, **more: Any) -> None:
    ask("UpdateContributorInsights", TableName=table, ContributorInsightsAction="ENABLE", **more)


def contributors(answer: dict[str, Any]) -> dict[Any, float]:
    """Keys with what they came to."""
    found: dict[Any, float] = {}
    for each in answer["Contributors"]:
        name = tuple(each["Keys"])
        found[name[0] if len(name) == 1 else name] = each["ApproximateAggregateValue"]
        points = sum(point["ApproximateValue"] for point in each["Datapoints"])
        assert points == each["ApproximateAggregateValue"]
    return found


def key(pk: str, sk: int) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def test_a_hot_key_is_named_first_with_what_it_came_to(
    ask: Ask, make_table: Callable[..., str], report: Report
) -> None:
    table = make_table("pk:S sk:N")
    enable(ask, table)
    for number in range(10):
        ask("PutItem", TableName=table, Item=key("hot", 1))
        ask("GetItem", TableName=table, Key=key(f"cold-{number}", 1))
    found = report(table, "SKC", Metrics=["MaxContributorValue", "Sum", "UniqueContributors"])
    assert found["KeyLabels"] == ["pk", "sk"]
    assert found["AggregationStatistic"] == "Sum"
    assert found["Contributors"][0]["Keys"] == ["hot", "1"]
    assert found["Contributors"][0]["ApproximateAggregateValue"] == 10 * 3.0
    assert found["AggregateValue"] == 10 * 3.0 + 10 * 0.5
    assert found["ApproximateUniqueCount"] == 11
    assert len(found["Contributors"]) == 10
    if len(found["MetricDatapoints"]) == 1:  # else an hour began just now
        (point,) = found["MetricDatapoints"]
        del point["Timestamp"]
        assert point == {"MaxContributorValue": 30.0, "Sum": 35.0, "UniqueContributors": 11.0}
    alone = report(table, "PKC", MaxContributorCount=1)
    assert contributors(alone) == {"hot": 30.0}
    assert report(table, "PKT")["Contributors"] == []


def test_every_path_is_counted(ask: Ask, make_table: Callable[..., str], report: Report) -> None:
    table = make_table("pk:S sk:N")
    enable(ask, table)
    item = {"pk": {"S": "up"}, "sk": {"N": "1"}}
    ask("UpdateItem", TableName=table, Key=item)
    ask("DeleteItem", TableName=table, Key=key("del", 1))
    put = {"PutRequest": {"Item": key("batch", 1)}}
    ask("BatchWriteItem", RequestItems={table: [put, {"DeleteRequest": {"Key": key("bd", 1)}}]})
    ask("BatchGetItem", RequestItems={table: {"Keys": [key("bg", 1)], "ConsistentRead": True}})
    ask(
        "TransactWriteItems",
        TransactItems=[{"Put": {"TableName": table, "Item": key("tw", 1)}}],
    )
    ask("TransactGetItems", TransactItems=[{"Get": {"TableName": table, "Key": key("tg", 1)}}])
    ask(
        "Query",
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "query"}},
    )
    ask("ExecuteStatement", Statement=f"INSERT INTO \"{table}\" VALUE {{'pk': 'pi', 'sk': 1}}")
    ask("ExecuteStatement", Statement=f"SELECT * FROM \"{table}\" WHERE pk = 'ps'")
    ask(
        "BatchExecuteStatement",
        Statements=[{"Statement": f"SELECT * FROM \"{table}\" WHERE pk = 'pb' AND sk = 1"}],
    )
    counted = {
        "up": 3.0, "del": 3.0, "batch": 3.0, "bd": 3.0, "bg": 1.0, "tw": 6.0, "tg": 2.0,
        "query": 0.5, "pi": 3.0, "ps": 0.5, "pb": 0.5,
    }  # fmt: skip
    assert contributors(report(table, "PKC", MaxContributorCount=100)) == counted
    ask("Scan", TableName=table)
    ask("ExecuteStatement", Statement=f'SELECT * FROM "{table}"')
    assert contributors(report(table, "PKC", MaxContributorCount=100)) == counted
    pairs = contributors(report(table, "SKC", MaxContributorCount=100))
    assert pairs == {(pk, "1"): units for pk, units in counted.items() if pk not in ("query", "ps")}


def test_keys_of_an_index_are_counted_by_themselves(
    ask: Ask, indexed_table: str, report: Report
) -> None:
    enable(ask, indexed_table, IndexName="by_g")
    ask("PutItem", TableName=indexed_table, Item={**key("a", 1), "g": {"S": "x"}, "gs": {"N": "7"}})
    ask("PutItem", TableName=indexed_table, Item=key("b", 1))
    ask("DeleteItem", TableName=indexed_table, Key=key("a", 1))
    ask(
        "Query",
        TableName=indexed_table,
        IndexName="by_g",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "y"}},
    )
    assert contributors(report(indexed_table, "PKC", "by_g")) == {"x": 6.0, "y": 0.5}
    assert contributors(report(indexed_table, "SKC", "by_g")) == {("x", "7"): 6.0}


def test_throttled_keys_are_named(ask: Ask, make_table: Callable[..., str], report: Report) -> None:
    table = make_table("pk:S", BillingMode="PROVISIONED", ProvisionedThroughput=ONE)
    enable(ask, table, ContributorInsightsMode="THROTTLED_KEYS")
    ask("PutItem", TableName=table, Item={"pk": {"S": "big"}, "b": BIG})
    for _ in range(2):
        refused(ask, "PutItem", TableName=table, Item={"pk": {"S": "unlucky"}})
    refused(ask, "BatchWriteItem", RequestItems={
        table: [{"PutRequest": {"Item": {"pk": {"S": "batched"}}}}]
    })  # fmt: skip
    assert contributors(report(table, "PKT")) == {"unlucky": 2.0, "batched": 1.0}
    listed = ask("DescribeContributorInsights", TableName=table)["ContributorInsightsRuleList"]
    assert [name.removeprefix(PREFIX)[:4] for name in listed] == ["PKT-"]


def test_rules_come_stay_and_go_with_the_settings(
    ask: Ask, make_table: Callable[..., str], cloudwatch: Any, report: Report
) -> None:
    table = make_table("pk:S sk:N")
    enable(ask, table, ContributorInsightsMode="THROTTLED_KEYS")
    describe: Any = lambda: ask("DescribeContributorInsights", TableName=table)  # noqa: E731
    throttled = describe()["ContributorInsightsRuleList"]
    enable(ask, table, ContributorInsightsMode="ACCESSED_AND_THROTTLED_KEYS")
    rules = describe()["ContributorInsightsRuleList"]
    assert [name.removeprefix(PREFIX).split(f"-{table}-")[0] for name in rules] == [
        "PKC", "SKC", "PKT", "SKT",
    ]  # fmt: skip
    assert all(name.rpartition("-")[2].isdigit() for name in rules)
    assert set(throttled) < set(rules)
    ask("PutItem", TableName=table, Item=key("a", 1))
    assert contributors(report(table, "PKC")) == {"a": 3.0}
    ask("UpdateContributorInsights", TableName=table, ContributorInsightsAction="DISABLE")
    assert "ContributorInsightsRuleList" not in describe()
    with pytest.raises(cloudwatch.exceptions.ResourceNotFoundException):
        cloudwatch.get_insight_rule_report(
            RuleName=rules[0], StartTime=time.time() - 60, EndTime=time.time(), Period=60
        )
    enable(ask, table)
    assert report(table, "PKC")["Contributors"] == []
    assert set(describe()["ContributorInsightsRuleList"]).isdisjoint(rules)


def test_an_alarm_and_a_query_see_how_hot_the_hottest_key_is(
    ask: Ask, make_table: Callable[..., str], cloudwatch: Any
) -> None:
    table = make_table("pk:S")
    enable(ask, table)
    for _ in range(4):
        ask("PutItem", TableName=table, Item={"pk": {"S": "hot"}})
    ask("PutItem", TableName=table, Item={"pk": {"S": "cold"}})
    rule = ask("DescribeContributorInsights", TableName=table)["ContributorInsightsRuleList"][0]

    def query(metric: str) -> dict[str, Any]:
        text = f"INSIGHT_RULE_METRIC('{rule}', '{metric}')"
        return {"Id": metric.lower(), "Expression": text, "Period": 86400}

    metrics = ("MaxContributorValue", "Sum", "UniqueContributors")
    now = time.time()
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[query(metric) for metric in metrics],
        StartTime=now - 1800,
        EndTime=now + 1800,
    )
    told = {each["Id"]: sum(each["Values"]) for each in answer["MetricDataResults"]}
    assert told == {"maxcontributorvalue": 12.0, "sum": 15.0, "uniquecontributors": 2.0}
    cloudwatch.put_metric_alarm(
        AlarmName=table,
        Metrics=[{**query("MaxContributorValue"), "ReturnData": True}],
        EvaluationPeriods=1,
        Threshold=50_000,
        ComparisonOperator="GreaterThanThreshold",
    )
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[table])["MetricAlarms"]
    assert alarm["Metrics"][0]["Expression"].startswith("INSIGHT_RULE_METRIC(")
    cloudwatch.delete_alarms(AlarmNames=[table])
