"""Dashboards: stored, listed by prefix, deleted together or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.aws.cloudwatch.conftest import refused

BODY = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "# hello"}}]})


def test_a_dashboard_comes_back_as_it_was_put(
    any_cloudwatch: Any, fresh: Callable[[], str]
) -> None:
    name = fresh()
    answer = any_cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BODY)
    assert answer.get("DashboardValidationMessages", []) == []
    found = any_cloudwatch.get_dashboard(DashboardName=name)
    assert found["DashboardBody"] == BODY
    assert found["DashboardArn"] == f"arn:aws:cloudwatch::000000000000:dashboard/{name}"
    (entry,) = any_cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]
    assert (entry["DashboardName"], entry["Size"]) == (name, len(BODY))
    any_cloudwatch.delete_dashboards(DashboardNames=[name])
    assert refused(any_cloudwatch.get_dashboard, DashboardName=name) == (
        "ResourceNotFound",
        f"Dashboard {name} does not exist",
        404,
    )


def test_one_missing_dashboard_keeps_the_others(cloudwatch: Any, fresh: Callable[[], str]) -> None:
    name = fresh()
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BODY)
    assert refused(cloudwatch.delete_dashboards, DashboardNames=[name, fresh()])[0] == (
        "ResourceNotFound"
    )
    assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == BODY
    cloudwatch.delete_dashboards(DashboardNames=[name])


def test_a_body_that_is_no_dashboard(cloudwatch: Any) -> None:
    for body in ("{", "[]", "{}", '{"widgets":[{"type":"none","properties":{}}]}'):
        code, message, status = refused(
            cloudwatch.put_dashboard, DashboardName="wrong", DashboardBody=body
        )
        assert (code, status) == ("InvalidParameterInput", 400)
        assert message.startswith("The field DashboardBody must be a valid JSON object")
