"""`jedlik sample`: make the sample tables on a running server and fill them."""

from __future__ import annotations

import click

from jedlik import samples
from jedlik.cli.client import Client, Refused, talks_to_server


@click.command()
@talks_to_server
def sample(client: Client) -> None:
    """Make the sample tables ProductCatalog, Forum, Thread and Reply, and fill them.

    Tables that are there already are kept; their sample items are written again.
    """
    for table in samples.tables():
        name = table["TableName"]
        try:
            client.call("CreateTable", table)
        except Refused as fault:
            if fault.code != "ResourceInUseException":
                raise
        client.wait_active(name)
        items = samples.items(name)
        client.write(name, [{"PutRequest": {"Item": item}} for item in items])
        click.echo(f"{name}: {len(items)} items")
