"""`jedlik restore`: a new table from a backup, or from another table's past."""

from __future__ import annotations

import time
from typing import Any

import click

from jedlik.cli.client import Client, Refused, talks_to_server
from jedlik.cli.progress import item_bar, server_goes_on
from jedlik.cli.times import epoch_s

POLL_S = 0.1


@click.command()
@click.argument("source")
@click.argument("target")
@click.option(
    "--at",
    metavar="TIME",
    help="When SOURCE is a table: as it was then (2026-11-22T10:15:00Z, or epoch seconds).  "
    "[default: now]",
)
@talks_to_server
def restore(client: Client, source: str, target: str, at: str | None) -> None:
    """Make the new table TARGET from SOURCE: the ARN of a backup, or the name of a table that has
    point-in-time recovery on, or had it when it was deleted."""
    request: dict[str, Any] = {"TargetTableName": target}
    if source.startswith("arn:") and "/backup/" in source:
        if at is not None:
            raise click.ClickException("a backup has one time, its own: leave --at away")
        request["BackupArn"] = source
        backup = client.call("DescribeBackup", {"BackupArn": source})["BackupDescription"]
        items = backup["SourceTableDetails"]["ItemCount"]
        client.call("RestoreTableFromBackup", request)
    else:
        request["SourceTableName"] = source
        request |= {"RestoreDateTime": epoch_s(at)} if at else {"UseLatestRestorableTime": True}
        client.call("RestoreTableToPointInTime", request)
        items = _items(client, source)
    with (
        server_goes_on(f"the restore goes on: {target}"),
        item_bar(items, f"restoring {target}") as bar,
    ):
        while True:
            table = client.call("DescribeTable", {"TableName": target})["Table"]
            bar.reach(table["ItemCount"])
            if table["TableStatus"] == "ACTIVE":
                break
            time.sleep(POLL_S)
    click.echo(f"{target}: {table['ItemCount']} items, {table['TableSizeBytes']} bytes")


def _items(client: Client, table: str) -> int:
    """About as many as a table has; 0 where it is gone."""
    try:
        found: int = client.call("DescribeTable", {"TableName": table})["Table"]["ItemCount"]
        return found
    except Refused:
        return 0
