"""Prefixes as AWS's examples have them ("Custom prefixes for Amazon S3 objects")."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from jedlik.services.firehose import prefixes

WHEN = datetime(2018, 8, 27, 10, 30, tzinfo=UTC)
FAILURES = "myFirehoseFailures/!{firehose:error-output-type}/"


@pytest.mark.parametrize(
    ("prefix", "errors", "good", "failed"),
    [
        (None, FAILURES, "2018/08/27/10/", "myFirehoseFailures/processing-failed/"),
        (
            "myFirehosePrefix/",
            None,
            "myFirehosePrefix/2018/08/27/10/",
            "myFirehosePrefix/processing-failed/2018/08/27/10/",
        ),
        (
            "myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
            "hour=!{timestamp:HH}/",
            "myErrorPrefix/year=!{timestamp:yyyy}/!{firehose:error-output-type}",
            "myPrefix/year=2018/month=08/day=27/hour=10/",
            "myErrorPrefix/year=2018/processing-failed",
        ),
        ("a", "errors/", "a2018/08/27/10/", "errors/processing-failed/2018/08/27/10/"),
    ],
)
def test_examples(prefix: str | None, errors: str | None, good: str, failed: str) -> None:
    destination: dict[str, Any] = {}
    if prefix is not None:
        destination["Prefix"] = prefix
    if errors is not None:
        destination["ErrorOutputPrefix"] = errors
    prefixes.check(destination)
    assert prefixes.evaluated(destination, WHEN, seed="s", keys={}) == good
    assert prefixes.evaluated(destination, WHEN, seed="s", keys={}, failed=True) == failed


def test_names_follow_from_the_seed() -> None:
    destination = {"Prefix": "!{firehose:random-string}/", "ErrorOutputPrefix": FAILURES}

    def key(seed: str, **keys: str) -> str:
        return prefixes.object_key(destination, 0, stream="s", version=3, seed=seed, keys=keys)

    assert key("a") == key("a")
    assert len({key("a"), key("b"), key("a", k="1"), key("a", k="2")}) == 4
    assert "/s-3-1970-01-01-00-00-00-" in key("a")
