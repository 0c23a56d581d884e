"""What is told of a node's counters: to CloudWatch, to Prometheus, to `jedlik status`."""

from __future__ import annotations

from jedlik.services.dax.clusters import Cluster, Node
from jedlik.services.dax.metric_pages import figures, prometheus_text, summary, urls
from jedlik.services.dax.metrics import NodeMetrics


def counted() -> NodeMetrics:
    metrics = NodeMetrics()
    metrics.item_hits, metrics.item_misses = 3, 1
    metrics.cached_bytes, metrics.evicted_bytes = 700, 50
    metrics.count("GetItem", 0.000_003)
    metrics.count("GetItem", 0.000_100, 400)
    metrics.count("Query", 0.1, 500)
    return metrics


def cluster_of(*metrics: NodeMetrics) -> Cluster:
    cluster = Cluster("000000000000", "us-east-1", "hot")
    for number, each in enumerate(metrics, 1):
        node = Node(cluster, number, f"hot-{number}", "us-east-1a", metrics=each, is_up=number < 2)
        node.port = 8110 + number
        cluster.nodes.append(node)
    return cluster


def test_figures_have_cloudwatchs_names() -> None:
    told = figures(counted())
    assert told["ItemCacheHits"] == 3 and told["ItemCacheMisses"] == 1
    assert told["GetItemRequestCount"] == 2 and told["QueryRequestCount"] == 1
    assert told["TotalRequestCount"] == 3
    assert told["ErrorRequestCount"] == 1 and told["FaultRequestCount"] == 1
    assert told["FailedRequestCount"] == 2
    assert told["EvictedSize"] == 50 and told["EstimatedDbSize"] == 700


def test_the_text_for_prometheus() -> None:
    text = prometheus_text([cluster_of(counted(), NodeMetrics())])
    labels = 'cluster="hot",region="us-east-1",node="hot-1"'
    lines = text.splitlines()
    assert f"jedlik_dax_item_cache_hits_total{{{labels}}} 3" in lines
    assert f"jedlik_dax_estimated_db_size{{{labels}}} 700" in lines
    assert f"jedlik_dax_up{{{labels}}} 1" in lines
    assert 'jedlik_dax_up{cluster="hot",region="us-east-1",node="hot-2"} 0' in lines
    seconds = "jedlik_dax_request_seconds"
    get = f'{labels},operation="GetItem"'
    assert f'{seconds}_bucket{{{get},le="4e-06"}} 1' in lines
    assert f'{seconds}_bucket{{{get},le="0.000128"}} 2' in lines
    assert f"{seconds}_count{{{get}}} 2" in lines
    assert not any("PutItem" in line for line in lines)
    assert prometheus_text([]) == ""


def test_a_clusters_ratios_are_those_of_all_its_nodes() -> None:
    told = summary([cluster_of(counted(), counted(), NodeMetrics())])[0]
    assert told["item_hit_ratio"] == 0.75
    assert told["query_hit_ratio"] is None
    assert (told["nodes"], told["nodes_up"], told["cached_bytes"]) == (3, 1, 1400)
    assert urls([cluster_of(NodeMetrics())]) == ["dax://127.0.0.1:8111"]
    assert urls([]) == []


def test_what_another_process_counted_is_taken_over_whole() -> None:
    mine = NodeMetrics()
    mine.load(counted().dump())
    assert figures(mine) == figures(counted())
    assert mine.requests["Query"].sum_s == 0.1
