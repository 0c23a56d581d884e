"""`jedlik dump`: every item of a table as JSON lines on standard output."""

from __future__ import annotations

import sys

import click
import orjson

from jedlik.cli import formats
from jedlik.cli.client import Client, talks_to_server


@click.command()
@click.argument("table")
@click.option("--plain", is_flag=True, help="Plain JSON; types that JSON has not are lost.")
@talks_to_server
def dump(client: Client, table: str, plain: bool) -> None:
    """Write every item of TABLE to standard output, one a line, as `jedlik load` reads them.

    \b
        jedlik dump Orders > Orders.jsonl
    """
    pages = client.pages(
        "Scan",
        {"TableName": table, "ConsistentRead": True},
        start="ExclusiveStartKey",
        last="LastEvaluatedKey",
    )
    out = sys.stdout.buffer
    with client.about(table):
        for page in pages:
            items = map(formats.to_plain_json, page["Items"]) if plain else page["Items"]
            out.write(b"".join(orjson.dumps(item) + b"\n" for item in items))
        out.flush()
