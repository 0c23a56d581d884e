"""smithy-rpc-v2-cbor as bytes: which requests are taken, and how refusals look."""

from __future__ import annotations

import math
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from jedlik.wire.cbor import decode, encode

PATH = "/service/GraniteServiceVersion20100801/operation"
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/monitoring/aws4_request, "
    f"SignedHeaders=host, Signature={'0' * 64}"
)
HEADERS = {
    "smithy-protocol": "rpc-v2-cbor",
    "Content-Type": "application/cbor",
    "Authorization": SIGNED,
    "X-Amz-Date": "20260101T000000Z",
}


def post(
    endpoint: str, operation: str, body: bytes, *, method: str = "POST", **changed: str | None
) -> tuple[int, dict[str, str], Any]:
    """Status, headers and decoded body; changed: headers by name with _ for -; None leaves out."""
    headers = dict(HEADERS)
    for name, value in changed.items():
        headers.pop(name.replace("_", "-"), None)
        if value is not None:
            headers[name.replace("_", "-")] = value
    connection = HTTPConnection(urlsplit(endpoint).netloc, timeout=20)
    connection.request(method, f"{PATH}/{operation}", body, headers)
    answer = connection.getresponse()
    read = answer.read()
    found = {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return answer.status, found, decode(read) if read else None


def test_an_answer_is_cbor(endpoint: str) -> None:
    status, headers, body = post(endpoint, "ListMetrics", encode({"Namespace": "Nowhere"}))
    assert (status, body) == (200, {"Metrics": []})
    assert headers["smithy-protocol"] == "rpc-v2-cbor"
    assert headers["content-type"] == "application/cbor"


def test_an_operation_without_output_has_no_body(endpoint: str) -> None:
    data = [{"MetricName": "M", "Value": 1.5}]
    status, headers, body = post(
        endpoint, "PutMetricData", encode({"Namespace": "Raw", "MetricData": data})
    )
    assert (status, body) == (200, None)
    assert "content-type" not in headers


def test_an_empty_body_has_no_members(endpoint: str) -> None:
    assert post(endpoint, "ListDashboards", b"")[0] == 200


@pytest.mark.parametrize("body", [b"\xff", b"\x81", b"\x01", b"\xa1\x01\x02", b"{}", b"\x9f" * 500])
def test_what_is_no_request(endpoint: str, body: bytes) -> None:
    status, headers, told = post(endpoint, "ListMetrics", body)
    assert status == 400
    assert told["__type"].endswith("#SerializationException")
    assert headers["smithy-protocol"] == "rpc-v2-cbor"


def test_a_refusal_tells_both_of_its_codes(endpoint: str) -> None:
    status, headers, told = post(endpoint, "GetDashboard", encode({"DashboardName": "nowhere"}))
    assert status == 404
    assert headers["x-amzn-query-error"] == "ResourceNotFound;Sender"
    assert told == {
        "__type": "com.amazonaws.cloudwatch.v2010_08_01#DashboardNotFoundError",
        "message": "Dashboard nowhere does not exist",
    }


def test_numbers_of_more_than_64_bits_are_doubles(endpoint: str, make_client: Any) -> None:
    """As they are to a reader of JSON; and what is kept can be written as JSON."""
    alarm = {
        "AlarmName": "test-numbers-of-more-than-64-bits",
        "Namespace": "Raw",
        "MetricName": "M",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 10**30,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    assert post(endpoint, "PutMetricAlarm", encode(alarm))[0] == 200
    cloudwatch = make_client("cloudwatch")
    (found,) = cloudwatch.describe_alarms(AlarmNames=[alarm["AlarmName"]])["MetricAlarms"]
    assert found["Threshold"] == 1e30
    for threshold in (math.inf, -math.inf, math.nan):
        status, _, told = post(
            endpoint, "PutMetricAlarm", encode({**alarm, "Threshold": threshold})
        )
        assert status == 400 and told["__type"].endswith("#ValidationException"), told
    cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"]])


def test_nobody_is_asked_for_a_signature(endpoint: str) -> None:
    status, _, told = post(endpoint, "ListMetrics", encode({}), Authorization=None)
    assert status == 400
    assert told["__type"].endswith("#MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ("NoSuchOperation", {}),
        ("ListMetrics/more", {}),
        ("ListMetrics", {"smithy_protocol": None}),
        ("ListMetrics", {"Content_Type": "text/plain"}),
        ("ListMetrics", {"method": "PUT"}),
    ],
)
def test_other_requests_are_of_no_operation(
    endpoint: str, operation: str, changed: dict[str, Any]
) -> None:
    status, _, told = post(endpoint, operation, encode({}), **changed)
    assert (status, told) == (404, {"__type": "com.amazon.coral.service#UnknownOperationException"})
