"""The metrics of running clusters: as Prometheus text, as CloudWatch will have them, as a summary.

Prometheus names are CloudWatch's in other clothes: ItemCacheHits of a node is
`jedlik_dax_item_cache_hits_total{cluster="…",node="…"}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from jedlik.services.dax.clusters import Cluster, Node
from jedlik.services.dax.metrics import COUNTERS, GAUGES, REQUEST_COUNTS, NodeMetrics

BUCKETS_SHOWN = 27  # bounds up to 2**26 µs, 67 s


def figures(metrics: NodeMetrics) -> dict[str, int]:
    """A node's metrics by CloudWatch's names; counters since the node started."""
    counted = {name: getattr(metrics, attribute) for attribute, name in COUNTERS.items()}
    current = {name: getattr(metrics, attribute) for attribute, name in GAUGES.items()}
    requests = {name: metrics.requests[op].total for op, name in REQUEST_COUNTS.items()}
    return {
        **counted,
        **current,
        **requests,
        "TotalRequestCount": sum(requests.values()),
        "FailedRequestCount": metrics.errors + metrics.faults,
    }


def summary(clusters: Iterable[Cluster]) -> list[dict[str, Any]]:
    """What `/_jedlik/health` and `jedlik status` tell of each cluster. Ratios are None before the
    first look into the cache."""
    return [_summary(cluster) for cluster in clusters]


def urls(clusters: Iterable[Cluster]) -> list[str]:
    """Where the first cluster can be reached: the URLs of its first node."""
    for cluster in clusters:
        for node in cluster.up:
            address = f"[{cluster.address}]" if ":" in cluster.address else cluster.address
            ports = (("dax", node.port), ("daxs", node.tls_port))
            return [f"{scheme}://{address}:{port}" for scheme, port in ports if port]
    return []


def prometheus_text(clusters: Iterable[Cluster]) -> str:
    """All metrics of all nodes in Prometheus's text format 0.0.4; empty without a cluster."""
    nodes = [node for cluster in clusters for node in cluster.nodes]
    if not nodes:
        return ""
    return "\n".join(_lines(nodes)) + "\n"


def _summary(cluster: Cluster) -> dict[str, Any]:
    of_nodes = [node.metrics for node in cluster.nodes]
    hits = sum(m.item_hits for m in of_nodes)
    page_hits = sum(m.query_hits + m.scan_hits for m in of_nodes)
    page_misses = sum(m.query_misses + m.scan_misses for m in of_nodes)
    first = cluster.up[0] if cluster.up else None
    return {
        "name": cluster.name,
        "account": cluster.account,
        "region": cluster.region,
        "address": cluster.address,
        "port": first.port if first else 0,
        "tls_port": first.tls_port if first else 0,
        "nodes": len(cluster.nodes),
        "nodes_up": len(cluster.up),
        "cached_bytes": sum(m.cached_bytes for m in of_nodes),
        "item_hit_ratio": _ratio(hits, sum(m.item_misses for m in of_nodes)),
        "query_hit_ratio": _ratio(page_hits, page_misses),
    }


def _ratio(hits: int, misses: int) -> float | None:
    return round(hits / (hits + misses), 4) if hits + misses else None


def _lines(nodes: list[Node]) -> Iterator[str]:
    yield "# HELP jedlik_dax_up Whether clients are sent to the node."
    yield "# TYPE jedlik_dax_up gauge"
    for node in nodes:
        yield f"jedlik_dax_up{{{_labels(node)}}} {int(node.is_up)}"
    for attribute, name in COUNTERS.items():
        metric = f"jedlik_dax_{_snake(name)}_total"
        yield f"# HELP {metric} CloudWatch's {name}."
        yield f"# TYPE {metric} counter"
        for node in nodes:
            yield f"{metric}{{{_labels(node)}}} {getattr(node.metrics, attribute)}"
    for attribute, name in GAUGES.items():
        metric = f"jedlik_dax_{_snake(name)}"
        yield f"# HELP {metric} CloudWatch's {name}."
        yield f"# TYPE {metric} gauge"
        for node in nodes:
            yield f"{metric}{{{_labels(node)}}} {getattr(node.metrics, attribute)}"
    yield "# HELP jedlik_dax_request_seconds Time from a complete request to its answer."
    yield "# TYPE jedlik_dax_request_seconds histogram"
    for node in nodes:
        yield from _latencies(node)


def _latencies(node: Node) -> Iterator[str]:
    """Operations never called are left out."""
    for operation, counted in node.metrics.requests.items():
        total = counted.total
        if not total:
            continue
        labels = f'{_labels(node)},operation="{operation}"'
        cumulated = 0
        for power, count in enumerate(counted.buckets[:BUCKETS_SHOWN]):
            cumulated += count
            bound = f'le="{2**power / 1e6:g}"'
            yield f"jedlik_dax_request_seconds_bucket{{{labels},{bound}}} {cumulated}"
        yield f'jedlik_dax_request_seconds_bucket{{{labels},le="+Inf"}} {total}'
        yield f"jedlik_dax_request_seconds_sum{{{labels}}} {counted.sum_s:.6f}"
        yield f"jedlik_dax_request_seconds_count{{{labels}}} {total}"


def _labels(node: Node) -> str:
    cluster = node.cluster
    return f'cluster="{cluster.name}",region="{cluster.region}",node="{node.name}"'


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
