"""`jedlik backup`: a backup of a table, and the wait until it is there."""

from __future__ import annotations

import time

import click

from jedlik.cli.client import Client, talks_to_server
from jedlik.cli.progress import item_bar, server_goes_on

POLL_S = 0.1


@click.command()
@click.argument("table")
@click.option("--name", help="The backup's name.  [default: the table's, and the time]")
@talks_to_server
def backup(client: Client, table: str, name: str | None) -> None:
    """Back TABLE up as it is now, and print the backup's ARN for `jedlik restore`."""
    name = name or f"{table[:200]}-{time.strftime('%Y%m%dT%H%M%S')}"
    with client.about(table):
        items = client.call("DescribeTable", {"TableName": table})["Table"]["ItemCount"]
        made = client.call("CreateBackup", {"TableName": table, "BackupName": name})
    arn = made["BackupDetails"]["BackupArn"]
    with (
        server_goes_on(f"the backup goes on: {arn}"),
        item_bar(items, f"backing up {table}") as bar,
    ):
        while True:
            shown = client.call("DescribeBackup", {"BackupArn": arn})["BackupDescription"]
            bar.reach(shown["SourceTableDetails"]["ItemCount"])
            if shown["BackupDetails"]["BackupStatus"] == "AVAILABLE":
                break
            time.sleep(POLL_S)
    count, size = (
        shown["SourceTableDetails"]["ItemCount"],
        shown["BackupDetails"]["BackupSizeBytes"],
    )
    click.echo(f"{table}: {count} items, {size} bytes, as {name}", err=True)
    click.echo(arn)
