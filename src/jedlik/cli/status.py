"""`jedlik status`: what a running server is and holds."""

from __future__ import annotations

from typing import Any

import click

from jedlik.cli.client import Client, talks_to_server


@click.command()
@talks_to_server
def status(client: Client) -> None:
    """Say what the server is, and which tables it holds."""
    health = client.health()
    facts = [
        f"up {_duration(health['uptime_s'])}",
        f"auth {health['auth']}",
        f"store {_store(health['store'])}",
        f"memory {_size(health['memory_bytes'])}",
        health["form"],
    ]
    click.echo(f"Jedlik {health['version']} at {client.endpoint}: {', '.join(facts)}")
    for cluster in health["dax"]:
        click.echo(_dax(cluster))
    described = [
        client.call("DescribeTable", {"TableName": name})["Table"] for name in client.table_names()
    ]
    if not described:
        click.echo(f"no tables in {client.region}; `jedlik sample` makes four to try")
        return
    rows = [("TABLE", "STATUS", "ITEMS", "SIZE", "INDEXES"), *map(_row, described)]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    for name, state, items, size, indexes in rows:
        click.echo(
            f"{name:<{widths[0]}}  {state:<{widths[1]}}  {items:>{widths[2]}}  "
            f"{size:>{widths[3]}}  {indexes}".rstrip()
        )


def _dax(cluster: dict[str, Any]) -> str:
    up, nodes, address = cluster["nodes_up"], cluster["nodes"], cluster["address"]
    shown = f"[{address}]" if ":" in address else address
    urls = [
        f"{scheme}://{shown}:{port}"
        for scheme, port in (("dax", cluster["port"]), ("daxs", cluster["tls_port"]))
        if port
    ]
    facts = [
        *urls,
        f"{up} of {nodes} nodes" if up < nodes else f"{nodes} node" + "s" * (nodes > 1),
        f"cached {_size(cluster['cached_bytes'])}",
        f"hits {_ratio(cluster['item_hit_ratio'])} of items",
        f"{_ratio(cluster['query_hit_ratio'])} of queries",
    ]
    return f"DAX cluster {cluster['name']}: {', '.join(facts)}"


def _ratio(ratio: float | None) -> str:
    """As a percentage; nothing was asked for yet: a dash."""
    return "-" if ratio is None else f"{ratio:.1%}"


def _store(store: dict[str, Any]) -> str:
    size = ""
    if "store_bytes" in store:
        size = f" {_size(store['store_bytes'])} + log {_size(store.get('wal_bytes', 0))}"
    return str(store["engine"]) + size + ("" if store["writable"] else " (cannot write)")


def _row(table: dict[str, Any]) -> tuple[str, str, str, str, str]:
    indexes = table.get("LocalSecondaryIndexes", []) + table.get("GlobalSecondaryIndexes", [])
    return (
        table["TableName"],
        table["TableStatus"],
        str(table.get("ItemCount", 0)),
        _size(table.get("TableSizeBytes", 0)),
        ", ".join(index["IndexName"] for index in indexes),
    )


def _size(size_bytes: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.3g} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.3g} TB"


def _duration(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
