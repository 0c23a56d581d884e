"""PutMetricData, GetMetricStatistics, GetMetricData and ListMetrics, on every protocol."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws.cloudwatch.conftest import refused

DIMENSIONS = [{"Name": "Host", "Value": "a"}, {"Name": "Zone", "Value": "1"}]


# One moment for all, so that no test sees a minute begin while it runs.
MINUTE = datetime.now(UTC).replace(second=0, microsecond=0)


def ago(minutes: float) -> datetime:
    return MINUTE - timedelta(minutes=minutes)


def put(client: Any, namespace: str, *data: dict[str, Any], name: str = "Latency") -> None:
    client.put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": name, **datum} for datum in data]
    )


def query(namespace: str, stat: str = "Sum", period: int = 60, **other: Any) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": "Latency", **other}
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def test_values_come_back_in_every_form(any_cloudwatch: Any, namespace: str) -> None:
    put(
        any_cloudwatch,
        namespace,
        {"Timestamp": ago(5), "Value": 2.5, "Unit": "Seconds", "Dimensions": DIMENSIONS},
        {
            "Timestamp": ago(5),
            "Values": [1.0, 4.0],
            "Counts": [3.0, 1.0],
            "Unit": "Seconds",
            "Dimensions": DIMENSIONS[::-1],
        },
        {
            "Timestamp": ago(4),
            "StatisticValues": {"SampleCount": 10, "Sum": 55, "Minimum": 1, "Maximum": 10},
            "Unit": "Seconds",
            "Dimensions": DIMENSIONS,
        },
    )
    answer = any_cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName="Latency",
        Dimensions=DIMENSIONS,
        StartTime=ago(10),
        EndTime=ago(0),
        Period=60,
        Statistics=["SampleCount", "Sum", "Minimum", "Maximum", "Average"],
    )
    assert answer["Label"] == "Latency"
    first, second = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    assert first == {
        "Timestamp": ago(5),
        "SampleCount": 5.0,
        "Sum": 9.5,
        "Minimum": 1.0,
        "Maximum": 4.0,
        "Average": 1.9,
        "Unit": "Seconds",
    }
    assert (second["SampleCount"], second["Average"], second["Timestamp"]) == (10.0, 5.5, ago(4))


def test_percentiles_of_values_but_not_of_statistic_sets(cloudwatch: Any, namespace: str) -> None:
    put(cloudwatch, namespace, {"Timestamp": ago(3), "Values": [float(n) for n in range(1, 101)]})
    put(
        cloudwatch,
        namespace,
        {
            "Timestamp": ago(2),
            "StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2},
        },
    )
    answer = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName="Latency",
        StartTime=ago(5),
        EndTime=ago(0),
        Period=60,
        ExtendedStatistics=["p50", "p99", "tm(10%:90%)"],
    )
    by_time = {point["Timestamp"]: point for point in answer["Datapoints"]}
    found = by_time[ago(3)]["ExtendedStatistics"]
    assert found == {"p50": 50.0, "p99": 99.0, "tm(10%:90%)": 50.5}
    assert "ExtendedStatistics" not in by_time[ago(2)]


def test_units_are_kept_apart(cloudwatch: Any, namespace: str) -> None:
    for unit, value in (("Seconds", 1.0), ("Milliseconds", 5.0)):
        put(cloudwatch, namespace, {"Timestamp": ago(3), "Value": value, "Unit": unit})
    wanted = {
        "Namespace": namespace,
        "MetricName": "Latency",
        "StartTime": ago(5),
        "EndTime": ago(0),
        "Period": 60,
        "Statistics": ["Sum"],
    }
    both = cloudwatch.get_metric_statistics(**wanted)["Datapoints"]
    assert {(each["Unit"], each["Sum"]) for each in both} == {
        ("Seconds", 1.0),
        ("Milliseconds", 5.0),
    }
    one = cloudwatch.get_metric_statistics(**wanted, Unit="Seconds")["Datapoints"]
    assert [each["Sum"] for each in one] == [1.0]


def test_seconds_for_high_resolution(cloudwatch: Any, namespace: str) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=30)
    for second in range(3):
        put(
            cloudwatch,
            namespace,
            {"Timestamp": at + timedelta(seconds=second), "Value": 1.0, "StorageResolution": 1},
        )
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[query(namespace, period=1)],
        StartTime=at,
        EndTime=at + timedelta(seconds=10),
        ScanBy="TimestampAscending",
    )
    (result,) = answer["MetricDataResults"]
    assert result["Timestamps"] == [at + timedelta(seconds=each) for each in range(3)]


def test_metric_data_and_expressions(any_cloudwatch: Any, namespace: str) -> None:
    for minute in range(1, 5):
        put(any_cloudwatch, namespace, {"Timestamp": ago(minute), "Value": float(minute)})
    answer = any_cloudwatch.get_metric_data(
        MetricDataQueries=[
            query(namespace),
            {"Id": "twice", "Expression": "m1 * 2", "Label": "twice of ${LAST}"},
            {"Id": "hidden", "Expression": "m1 + 1", "ReturnData": False},
            {"Id": "rate", "Expression": "RATE(hidden)"},
            {"Id": "some", "Expression": "IF(m1 >= 3, m1)"},
            {"Id": "all", "Expression": f"SEARCH('{{{namespace}}} MetricName=\"Latency\"', 'Sum')"},
        ],
        StartTime=ago(10),
        EndTime=ago(0),
        ScanBy="TimestampAscending",
    )
    found = {each["Id"]: each for each in answer["MetricDataResults"]}
    assert found["m1"]["Values"] == [4.0, 3.0, 2.0, 1.0]
    assert found["m1"]["Timestamps"] == [ago(4), ago(3), ago(2), ago(1)]
    assert found["twice"]["Values"] == [8.0, 6.0, 4.0, 2.0]
    assert found["twice"]["Label"] == "twice of 2"
    assert found["rate"]["Values"] == [pytest.approx(-1 / 60)] * 3
    assert found["some"]["Values"] == [4.0, 3.0]
    assert sum(found["all"]["Values"]) == 10.0
    assert "hidden" not in found
    assert {each["StatusCode"] for each in found.values()} == {"Complete"}


def test_metric_data_in_pages(cloudwatch: Any, namespace: str) -> None:
    for minute in range(1, 6):
        put(cloudwatch, namespace, {"Timestamp": ago(minute), "Value": float(minute)})
    wanted = {
        "MetricDataQueries": [query(namespace), {"Id": "e1", "Expression": "m1 * 10"}],
        "StartTime": ago(10),
        "EndTime": ago(0),
        "MaxDatapoints": 3,
    }
    found: dict[str, list[float]] = {"m1": [], "e1": []}
    statuses = []
    token: dict[str, str] = {}
    while True:
        answer = cloudwatch.get_metric_data(**wanted, **token)
        assert sum(len(each["Values"]) for each in answer["MetricDataResults"]) <= 3
        for each in answer["MetricDataResults"]:
            found[each["Id"]] += each["Values"]
            statuses.append((each["Id"], each["StatusCode"]))
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert found == {"m1": [1.0, 2.0, 3.0, 4.0, 5.0], "e1": [10.0, 20.0, 30.0, 40.0, 50.0]}
    assert statuses == [
        ("m1", "PartialData"),
        ("m1", "Complete"),
        ("e1", "PartialData"),
        ("e1", "PartialData"),
        ("e1", "Complete"),
    ]


def test_metrics_are_listed_by_name_and_dimensions(any_cloudwatch: Any, namespace: str) -> None:
    for name, host in (("Latency", "a"), ("Latency", "b"), ("Errors", "a")):
        put(
            any_cloudwatch,
            namespace,
            {"Value": 1.0, "Dimensions": [{"Name": "Host", "Value": host}]},
            name=name,
        )

    def listed(**filters: Any) -> set[tuple[str, str]]:
        answer = any_cloudwatch.list_metrics(Namespace=namespace, **filters)
        return {(each["MetricName"], each["Dimensions"][0]["Value"]) for each in answer["Metrics"]}

    assert listed() == {("Latency", "a"), ("Latency", "b"), ("Errors", "a")}
    assert listed(MetricName="Latency") == {("Latency", "a"), ("Latency", "b")}
    assert listed(Dimensions=[{"Name": "Host", "Value": "a"}]) == {
        ("Latency", "a"),
        ("Errors", "a"),
    }
    assert listed(Dimensions=[{"Name": "Zone"}]) == set()
    assert listed(RecentlyActive="PT3H") == listed()


def test_five_hundred_metrics_to_a_page(cloudwatch: Any, namespace: str) -> None:
    data = [
        {"MetricName": "M", "Value": 1.0, "Dimensions": [{"Name": "N", "Value": str(number)}]}
        for number in range(510)
    ]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    first = cloudwatch.list_metrics(Namespace=namespace)
    second = cloudwatch.list_metrics(Namespace=namespace, NextToken=first["NextToken"])
    assert (len(first["Metrics"]), len(second["Metrics"])) == (500, 10)
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("datum", "code", "message"),
    [
        ({}, "MissingParameter", "The parameter MetricData.member.1.Value is required."),
        (
            {"Value": 1.0, "Values": [1.0]},
            "InvalidParameterCombination",
            "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually "
            "exclusive and you have specified both.",
        ),
        (
            {"Value": 1.0, "StorageResolution": 5},
            "InvalidParameterValue",
            "The parameter MetricData.member.1.StorageResolution must be either 1 or 60.",
        ),
        (
            {"Values": [1.0], "Counts": [1.0, 2.0]},
            "InvalidParameterValue",
            "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of "
            "the same size.",
        ),
        (
            {"Value": 1.0, "Timestamp": datetime.now(UTC) - timedelta(days=15)},
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Timestamp must specify a time no more than two "
            "weeks in the past.",
        ),
        (
            {"Value": 1.0, "Timestamp": datetime.now(UTC) + timedelta(hours=3)},
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Timestamp must specify a time no more than two "
            "hours in the future.",
        ),
        (
            {"Value": 2.0**361},
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Value must be a number between -2^360 and 2^360, "
            f"not {2.0**361}.",
        ),
    ],
)
def test_a_wrong_datum_is_refused(
    any_cloudwatch: Any, namespace: str, datum: dict[str, Any], code: str, message: str
) -> None:
    refusal = refused(
        any_cloudwatch.put_metric_data,
        Namespace=namespace,
        MetricData=[{"MetricName": "Latency", **datum}],
    )
    assert refusal == (code, message, 400)


def test_nothing_is_refused_with_its_name(any_cloudwatch: Any, namespace: str) -> None:
    refusal = refused(any_cloudwatch.put_metric_data, Namespace=namespace, MetricData=[])
    assert refusal == ("MissingParameter", "The parameter MetricData is required.", 400)


def test_dimensions_up_to_thirty(cloudwatch: Any, namespace: str) -> None:
    names = [{"Name": f"d{number}", "Value": "x"} for number in range(30)]
    put(cloudwatch, namespace, {"Value": 1.0, "Dimensions": names})
    code, message, _ = refused(
        cloudwatch.put_metric_data,
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": "Latency",
                "Value": 1.0,
                "Dimensions": [*names, {"Name": "z", "Value": "x"}],
            }
        ],
    )
    assert code == "ValidationError"
    assert "Member must have length less than or equal to 30" in message


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("m1 +", "The expression ends too early"),
        ("NOSUCH(m1)", "Unsupported function NOSUCH"),
        ("m9", "The id m9 is not defined in the request"),
        ("e1", "The expression refers to itself"),
        ("AVG(m1)", "The expression must return a time series"),
    ],
)
def test_wrong_expressions_say_why(
    cloudwatch: Any, namespace: str, expression: str, told: str
) -> None:
    refusal = refused(
        cloudwatch.get_metric_data,
        MetricDataQueries=[query(namespace), {"Id": "e1", "Expression": expression}],
        StartTime=ago(10),
        EndTime=ago(0),
    )
    assert refusal == ("ValidationError", f"Error in expression 'e1': {told}", 400)


def test_too_many_data_points(cloudwatch: Any, namespace: str) -> None:
    code, message, _ = refused(
        cloudwatch.get_metric_statistics,
        Namespace=namespace,
        MetricName="Latency",
        StartTime=ago(1441),
        EndTime=ago(0),
        Period=60,
        Statistics=["Sum"],
    )
    assert code == "InvalidParameterCombination"
    assert message.startswith("You have requested up to 1,441 datapoints, which exceeds the limit")


def test_what_is_no_time_is_refused(cloudwatch: Any, namespace: str, endpoint: str) -> None:
    """Forms and CBOR can say infinity."""
    from urllib.request import Request, urlopen

    form = (
        f"Action=GetMetricStatistics&Version=2010-08-01&Namespace={namespace}&MetricName=M"
        "&StartTime=-inf&EndTime=nan&Period=60&Statistics.member.1=Sum"
    )
    scope = "AKIA/20261122/us-east-1/monitoring/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
    request = Request(
        endpoint,
        form.encode(),
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": signature,
            "X-Amz-Date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
        },
    )
    with pytest.raises(OSError, match="400") as caught:
        urlopen(request, timeout=20)
    # As what cannot be read as a time at all.
    assert b"<Code>MalformedInput</Code>" in caught.value.read()  # type: ignore[attr-defined]
