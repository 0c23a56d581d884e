"""`jedlik import`: a new table with the items of objects in S3."""

from __future__ import annotations

import time
from typing import Any

import click

from jedlik.cli.client import Client, talks_to_server
from jedlik.cli.export import place
from jedlik.cli.progress import counter, server_goes_on

POLL_S = 0.1
FORMATS = {"json": "DYNAMODB_JSON", "ion": "ION", "csv": "CSV"}


@click.command("import")
@click.argument("source", metavar="s3://BUCKET/PREFIX")
@click.argument("table")
@click.option("--key", required=True, metavar="pk:S[,sk:N]", help="The new table's keys.")
@click.option("--format", "kind", type=click.Choice([*FORMATS]), default="json")
@click.option("--compression", type=click.Choice(["none", "gzip", "zstd"]), default="gzip")
@click.option("--delimiter", help="Of CSV.  [default: ,]")
@click.option("--header", help="Names of CSV's columns, when the objects do not begin with them.")
@click.option("--bucket-owner", metavar="ACCOUNT", help="Whose the bucket is.  [default: yours]")
@talks_to_server
def import_(
    client: Client,
    source: str,
    table: str,
    key: str,
    kind: str,
    compression: str,
    delimiter: str | None,
    header: str | None,
    bucket_owner: str | None,
) -> None:
    """Make TABLE, on demand, with the items of the objects below the prefix."""
    bucket, prefix = place(source)
    keys = [part.partition(":")[::2] for part in key.split(",")]
    if len(keys) > 2 or any(not name or letter not in ("S", "N", "B") for name, letter in keys):
        raise click.ClickException(f"--key {key!r}: keys such as pk:S or pk:S,sk:N")
    roles = ("HASH", "RANGE")
    request: dict[str, Any] = {
        "S3BucketSource": {"S3Bucket": bucket, "S3KeyPrefix": prefix},
        "InputFormat": FORMATS[kind],
        "InputCompressionType": compression.upper(),
        "TableCreationParameters": {
            "TableName": table,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                {"AttributeName": name, "KeyType": role}
                for (name, _), role in zip(keys, roles, strict=False)
            ],
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": letter} for name, letter in keys
            ],
        },
    }
    if bucket_owner is not None:
        request["S3BucketSource"]["S3BucketOwner"] = bucket_owner
    options: dict[str, Any] = {}
    if delimiter:
        options["Delimiter"] = delimiter
    if header:
        options["HeaderList"] = header.split(",")
    if options:
        request["InputFormatOptions"] = {"Csv": options}
    made = client.call("ImportTable", request)["ImportTableDescription"]["ImportArn"]
    with (
        server_goes_on(f"the import goes on: {made}"),
        counter(f"importing {table}") as count,
    ):
        while True:
            shown = client.call("DescribeImport", {"ImportArn": made})["ImportTableDescription"]
            count.reach(shown["ImportedItemCount"], shown["ProcessedSizeBytes"])
            if shown["ImportStatus"] != "IN_PROGRESS":
                break
            time.sleep(POLL_S)
    click.echo(f"{table}: {shown['ImportedItemCount']} items, {shown['ErrorCount']} errors")
    if shown["ImportStatus"] != "COMPLETED":
        raise click.ClickException(f"{shown['FailureCode']}: {shown['FailureMessage']}")
