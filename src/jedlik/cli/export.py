"""`jedlik export`: a table, now or then, to S3."""

from __future__ import annotations

import time
from typing import Any

import click
import orjson

from jedlik.cli.client import Client, talks_to_server
from jedlik.cli.progress import item_bar, server_goes_on
from jedlik.cli.times import epoch_s

POLL_S = 0.1


@click.command()
@click.argument("table")
@click.argument("target", metavar="s3://BUCKET/PREFIX")
@click.option("--at", metavar="TIME", help="As it was then.  [default: now]")
@click.option("--format", "kind", type=click.Choice(["json", "ion"]), default="json")
@click.option("--bucket-owner", metavar="ACCOUNT", help="Whose the bucket is.  [default: yours]")
@click.option("--key-condition", metavar="EXPRESSION", help="Items of one partition key.")
@click.option("--filter", "where", metavar="EXPRESSION", help="Only items that match.")
@click.option("--projection", metavar="EXPRESSION", help="Only these attributes.")
@click.option("--names", metavar="JSON", help="What # stands for in expressions.")
@click.option("--values", metavar="JSON", help="What : stands for, as DynamoDB JSON.")
@talks_to_server
def export(
    client: Client,
    table: str,
    target: str,
    at: str | None,
    kind: str,
    bucket_owner: str | None,
    key_condition: str | None,
    where: str | None,
    projection: str | None,
    names: str | None,
    values: str | None,
) -> None:
    """Export TABLE, which must have point-in-time recovery on, and print where its items are, for
    `jedlik import`."""
    bucket, prefix = place(target)
    with client.about(table):
        described = client.call("DescribeTable", {"TableName": table})["Table"]
    request: dict[str, Any] = {"TableArn": described["TableArn"], "S3Bucket": bucket}
    request["ExportFormat"] = "ION" if kind == "ion" else "DYNAMODB_JSON"
    if prefix:
        request["S3Prefix"] = prefix
    if bucket_owner is not None:
        request["S3BucketOwner"] = bucket_owner
    if at is not None:
        request["ExportTime"] = epoch_s(at)
    given = {
        "KeyConditionExpression": key_condition,
        "FilterExpression": where,
        "ProjectionExpression": projection,
        "ExpressionAttributeNames": _map("--names", names),
        "ExpressionAttributeValues": _map("--values", values),
    }
    if specification := {name: each for name, each in given.items() if each is not None}:
        request["FilterSpecification"] = specification
    made = client.call("ExportTableToPointInTime", request)["ExportDescription"]["ExportArn"]
    with (
        server_goes_on(f"the export goes on: {made}"),
        item_bar(described["ItemCount"], f"exporting {table}") as bar,
    ):
        while True:
            shown = client.call("DescribeExport", {"ExportArn": made})["ExportDescription"]
            bar.reach(shown.get("ItemCount", 0))
            if shown["ExportStatus"] != "IN_PROGRESS":
                break
            time.sleep(POLL_S)
    if shown["ExportStatus"] != "COMPLETED":
        raise click.ClickException(f"{shown['FailureCode']}: {shown['FailureMessage']}")
    click.echo(f"{table}: {shown['ItemCount']} items, {shown['BilledSizeBytes']} bytes", err=True)
    folder = shown["ExportManifest"].removesuffix("manifest-summary.json")
    click.echo(f"s3://{bucket}/{folder}data/")


def _map(option: str, text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise click.ClickException(f'{option} {text!r}: a map such as {{"#n": "name"}} in JSON')
    return found


def place(url: str) -> tuple[str, str]:
    """Bucket and prefix of an s3:// URL."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket:
        raise click.ClickException(f"{url!r}: a place such as s3://bucket/prefix")
    return bucket, prefix
