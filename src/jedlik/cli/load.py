"""`jedlik load`: put the items of files into tables of a running server."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from jedlik.cli import formats
from jedlik.cli.client import TRY_AGAIN, Client, Refused, talks_to_server

CSV_TYPES = ("S", "N", "B", "BOOL", "SS", "NS")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--table", metavar="NAME", help="Table to load into.  [default: the file's name]")
@click.option(
    "--key",
    "keys",
    metavar="NAME:TYPE",
    multiple=True,
    help="Make the table if it is not there, with this key; twice for partition and sort key.",
)
@click.option(
    "--type",
    "types",
    metavar="NAME=TYPE",
    multiple=True,
    help=f"Type of a CSV column that is no key: {', '.join(CSV_TYPES)} (sets as a|b|c).",
)
@talks_to_server
def load(
    client: Client, paths: tuple[Path, ...], table: str | None, keys: tuple[str, ...],
    types: tuple[str, ...],
) -> None:  # fmt: skip
    """Load files, or all files of folders, into tables.

    BatchWriteItem requests, JSON lines (DynamoDB JSON or plain JSON), Scan answers, arrays of
    items, and CSV with a header line; any of them may end in .gz. An item replaces the one with
    its key. A BatchWriteItem request names its tables; every other file goes to --table, or to
    the table it is named for.

    \b
        jedlik load Orders.jsonl
        jedlik load people.csv --table People --key Id:N --type Age=N
    """
    key_schema = [_pair(each, ":", ("S", "N", "B"), "--key") for each in keys]
    column_types = dict(_pair(each, "=", CSV_TYPES, "--type") for each in types)
    if len(key_schema) > 2:
        raise click.ClickException("--key: a partition key and a sort key, no more")
    files = [file for path in paths for file in formats.files_in(path)]
    if not files:
        raise click.ClickException(f"no {', '.join(formats.SUFFIXES)} file in {paths[0]}")
    schemas: dict[str, dict[str, str]] = {}
    for file in files:
        default = table or formats.table_named_by(file)
        _load_file(client, file, default, key_schema, column_types, schemas)


def _load_file(
    client: Client,
    file: Path,
    default: str,
    key_schema: list[tuple[str, str]],
    types: dict[str, str],
    schemas: dict[str, dict[str, str]],
) -> None:
    """schemas: key name -> type of every table met so far, in key order; filled in here."""

    def schema(name: str) -> dict[str, str]:
        if name not in schemas:
            schemas[name] = _schema(client, name, key_schema)
        return schemas[name]

    csv = file.name.removesuffix(".gz").endswith(".csv")
    writes = formats.read(file, types={**types, **schema(default)} if csv else {})
    started, done = time.monotonic(), 0
    with click.progressbar(
        length=file.stat().st_size, label=file.name, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        try:
            for name, group in groupby(writes, key=lambda write: write.table or default):
                for batch in formats.batches(_shown(group, bar), key_names=tuple(schema(name))):
                    for written in _write(client, name, batch, file):
                        done += written
        except formats.BadFile as fault:
            raise click.ClickException(f"{fault} ({done} items were loaded before)") from None
        bar.update(bar.length - bar.pos if bar.length else 0)
    seconds = time.monotonic() - started
    click.echo(f"{file}: {done} item{'' if done == 1 else 's'} in {seconds:.1f} s")


def _shown(writes: Iterator[formats.Write], bar: Any) -> Iterator[formats.Write]:
    for write in writes:
        bar.update(write.position - bar.pos)
        yield write


def _write(client: Client, table: str, batch: list[formats.Write], file: Path) -> Iterator[int]:
    """Write a batch, yielding how many were written; raises BadFile for what is refused.

    The server refuses a batch as a whole. Tried one by one, what comes before the bad item is
    loaded, and the message tells the line of the bad one.
    """
    try:
        client.write(table, [write.request for write in batch])
        yield len(batch)
    except Refused as fault:
        if fault.code in TRY_AGAIN:
            raise  # the capacity of the table is too small for it, and no line is to blame
        if len(batch) == 1:
            said = fault.format_message()
            raise formats.BadFile(f"{file}, {batch[0].place}: {said}") from None
        for write in batch:
            yield from _write(client, table, [write], file)


def _schema(client: Client, table: str, key_schema: list[tuple[str, str]]) -> dict[str, str]:
    try:
        described = client.wait_active(table)
    except Refused as fault:
        if fault.code != "ResourceNotFoundException":
            raise
        if not key_schema:
            raise click.ClickException(
                f"there is no table {table} at {client.endpoint}: name another with --table, "
                "or have it made with --key NAME:TYPE"
            ) from None
        described = _create(client, table, key_schema)
    kinds = {
        each["AttributeName"]: each["AttributeType"] for each in described["AttributeDefinitions"]
    }
    return {each["AttributeName"]: kinds[each["AttributeName"]] for each in described["KeySchema"]}


def _create(client: Client, table: str, key_schema: list[tuple[str, str]]) -> dict[str, Any]:
    client.call(
        "CreateTable",
        {
            "TableName": table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in key_schema
            ],
            "KeySchema": [
                {"AttributeName": name, "KeyType": role}
                for (name, _), role in zip(key_schema, ("HASH", "RANGE"), strict=False)
            ],
        },
    )
    click.echo(f"made the table {table}")
    return client.wait_active(table)


def _pair(text: str, separator: str, kinds: tuple[str, ...], option: str) -> tuple[str, str]:
    name, found, kind = text.rpartition(separator)
    if not found or not name or kind not in kinds:
        raise click.ClickException(
            f"{option} {text!r}: a name, {separator!r} and one of {', '.join(kinds)}"
        )
    return name, kind
