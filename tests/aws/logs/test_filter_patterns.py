"""Filter patterns for JSON and for columns, as the user guide describes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

APACHE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /a.gif HTTP/1.0" 200 1534'


@pytest.fixture(scope="module")
def logs(make_client: Callable[..., Any]) -> Any:
    return make_client("logs")


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("{ $.a = 1 }", ['{"a": 1}'], ['{"a": 2}', "{}", "a"]),
        ('{ $.a = "x" && ($.b = 1 || $.c = 2) }', ['{"a": "x", "c": 2}'], ['{"a": "x"}']),
        ("{ ($.a = 1) || ($.b = 2) }", ['{"b": 2}', '{"a": 1}'], ['{"b": 1}']),
        ("{ $.*.id = 1 }", ['{"q": {"id": 1}}'], ['{"id": 1}']),
        ("{ $.list[*].id = 1 }", ['{"list": [{"id": 3}, {"id": 1}]}'], ['{"list": []}']),
        ("{ $.list[1] = 5 }", ['{"list": [0, 5]}'], ['{"list": [5]}']),
        ("{ $.['a.b'] = 1 }", ['{"a.b": 1}'], ['{"a": {"b": 1}}']),
        ("{ $.a = %^x[0-9]% }", ['{"a": "x1"}'], ['{"a": "ax1"}', '{"a": 1}']),
        ("{ $.a != 123.123.* }", ['{"a": "1.1.1.1"}'], ['{"a": "123.123.9.9"}']),
        ("{ $.a IS TRUE }", ['{"a": true}'], ['{"a": false}', '{"a": "true"}']),
        ("{ $.a = * }", ['{"a": "x"}', '{"a": 7}'], ["{}"]),
        ("{ $.a >= 1e2 }", ['{"a": 100}'], ['{"a": 99}']),
        ("[a, b]", ["1 2"], ["1", "1 2 3"]),
        (
            "[ip, ..., status = 2*, size > 1000]",
            [APACHE],
            [APACHE[:-1], APACHE.replace("200", "4")],
        ),
        ("[..., status = 4* || status = 2*, size]", [APACHE], [APACHE.replace("200", "500")]),
        ("[w1 = %WARN|ERROR%, w2 != x]", ["WARNING y", "ERROR z"], ["INFO y", "WARN x"]),
    ],
)
def test_patterns(logs: Any, pattern: str, good: list[str], bad: list[str]) -> None:
    found = logs.test_metric_filter(filterPattern=pattern, logEventMessages=[*good, *bad])
    assert [each["eventMessage"] for each in found["matches"]] == good


def test_what_a_pattern_names_is_extracted(logs: Any) -> None:
    (match,) = logs.test_metric_filter(
        filterPattern="[ip, id, user, ..., size]", logEventMessages=[APACHE]
    )["matches"]
    assert match["extractedValues"] == {
        "$ip": "127.0.0.1",
        "$id": "-",
        "$user": "frank",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$5": "GET /a.gif HTTP/1.0",
        "$6": "200",
        "$size": "1534",
    }
    (match,) = logs.test_metric_filter(
        filterPattern="{ $.a.b = * && $.c > 1 }", logEventMessages=['{"a": {"b": "x"}, "c": 2.5}']
    )["matches"]
    assert match["extractedValues"] == {"$.a.b": "x", "$.c": "2.5"}


@pytest.mark.parametrize(
    "pattern",
    [
        "{",
        "{ $.a }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "[a",
        "[..., a, ...]",
        "%a(b)%",
        "{ a = 1 }",
        "{ " + "(" * 300 + "$.a = 1" + ")" * 300 + " }",
    ],
)
def test_no_patterns(logs: Any, pattern: str) -> None:
    with pytest.raises(ClientError) as refused:
        logs.test_metric_filter(filterPattern=pattern, logEventMessages=["a"])
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
