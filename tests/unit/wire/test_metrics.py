"""Prometheus text: cumulated buckets, sums and counts that fit together."""

from __future__ import annotations

from jedlik.wire.metrics import OperationMetrics, prometheus_text
from jedlik.wire.request_ids import RequestIds


def test_latencies_are_cumulated() -> None:
    metrics = OperationMetrics("dynamodb", "GetItem")
    for took_s in (0.0, 0.000_001, 0.000_003, 0.5, 1000.0):
        metrics.count(200, took_s)
    text = prometheus_text([metrics, OperationMetrics("dynamodb", "PutItem")], 7)
    labels = 'service="dynamodb",operation="GetItem"'
    assert "jedlik_connections 7\n" in text
    assert f'jedlik_requests_total{{{labels},status="200"}} 5\n' in text
    assert f'jedlik_request_seconds_bucket{{{labels},le="1e-06"}} 1\n' in text
    assert f'jedlik_request_seconds_bucket{{{labels},le="4e-06"}} 3\n' in text
    assert f'jedlik_request_seconds_bucket{{{labels},le="0.524288"}} 4\n' in text
    assert f'jedlik_request_seconds_bucket{{{labels},le="+Inf"}} 5\n' in text
    assert f"jedlik_request_seconds_count{{{labels}}} 5\n" in text
    assert "PutItem" not in text


def test_request_ids_are_52_letters_and_digits_and_never_the_same() -> None:
    ids = RequestIds(lambda n: bytes(range(n)))
    made = [ids.next() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(len(each) == 52 and each.isalnum() and each.isupper() for each in made)
