"""Brings what the engine wrote for a query to S3: results, and the files of tables."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jedlik.api.errors import ApiError
from jedlik.services.athena import results
from jedlik.services.athena.reach import Reach
from jedlik.services.athena.records import Execution
from jedlik.services.athena.requests import split_location
from jedlik.services.athena.sql.faults import Failed
from jedlik.services.glue import Document

_PIECE = 1 << 20
_COMPRESSIONS = {"PARQUET": ("GZIP", "SNAPPY", "ZSTD", "NONE")}
_DEFAULTS = {"PARQUET": "SNAPPY", "JSON": "GZIP", "TEXTFILE": "GZIP"}


class Delivery:
    """Of one query. folder: where the engine writes."""

    def __init__(self, execution: Execution, reach: Reach, folder: Path) -> None:
        self._execution, self._reach, self._folder = execution, reach, folder

    async def files(
        self, files: Sequence[str], place: str, output: dict[str, Any], table: Document | None
    ) -> str:
        """Put what the engine wrote where the table is, with its partitions, and a manifest."""
        bucket, prefix = split_location(place)
        written = []
        partitions = {}
        for number, path in enumerate(files):
            folder = "".join(f"{part}/" for part in path.split("/")[1:-1])
            key = f"{prefix}{folder}{self._file_name(number, output)}"
            await self.upload(path, bucket, key, "application/octet-stream")
            written.append(f"s3://{bucket}/{key}")
            if folder:
                partitions[_unquoted(folder)] = f"s3://{bucket}/{prefix}{folder}"
        if table is not None and partitions:
            storage = dict(table["StorageDescriptor"])
            await self._reach.catalog.add_partitions(
                table,
                [
                    {"Values": list(values), "StorageDescriptor": {**storage, "Location": at}}
                    for values, at in partitions.items()
                ],
            )
        bucket, key = results.location_of(self._execution, "-manifest.csv")
        if self._execution.sub == "CREATE_TABLE_AS_SELECT":
            key = key.replace(self._execution.id, f"tables/{self._execution.id}")
        await self._reach.judge.may_write(bucket, key)
        text = "".join(f"{uri}\n" for uri in written)
        await self._reach.objects.put(bucket, key, text.encode(), content_type="text/csv")
        return f"s3://{bucket}/{key}"

    def _file_name(self, number: int, output: dict[str, Any]) -> str:
        at = datetime.fromtimestamp(self._execution.submitted_ms / 1000, UTC)
        ending = "" if output["format"] == "PARQUET" else output["file_ending"]
        return (
            f"{at:%Y%m%d_%H%M%S}_{number:05}_{self._execution.id[:5]}_{self._execution.id}{ending}"
        )

    async def upload(self, path: str, bucket: str, key: str, kind: str) -> None:
        await self._reach.judge.may_write(bucket, key)
        file = await asyncio.to_thread(Path(self._folder, path).open, "rb")
        try:
            async with self._reach.objects.writer(bucket, key, content_type=kind) as out:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    await out.write(piece)
        except ApiError as refusal:
            raise Failed(
                f"Access denied when writing output to url: s3://{bucket}/{key}. {refusal.message}",
                type=1003,
            ) from None
        finally:
            file.close()
            os.unlink(Path(self._folder, path))


def output_of(given: dict[str, Any], format: str, keys: list[str]) -> dict[str, Any]:
    """What the engine is told of files to write. Raises Failed."""
    format = str(format).upper()
    if format not in _DEFAULTS:
        raise Failed(f"NOT_SUPPORTED: files of format {format} cannot be written here", type=1004)
    if given.get("bucketed_by"):
        raise Failed("NOT_SUPPORTED: bucketed tables cannot be written here", type=1004)
    compression = str(
        given.get("write_compression")
        or given.get("compression")
        or given.get("parquet_compression")
        or _DEFAULTS[format]
    ).upper()
    allowed = _COMPRESSIONS.get(format, ("GZIP", "ZSTD", "NONE"))
    if compression not in allowed:
        raise Failed(
            f"NOT_SUPPORTED: compression {compression} of {format} cannot be written here",
            type=1004,
        )
    endings = {"GZIP": ".gz", "ZSTD": ".zst"}
    return {
        "kind": "files",
        "format": format,
        "compression": "UNCOMPRESSED" if compression == "NONE" else compression,
        "delimiter": given.get("field_delimiter") or "\x01",
        "partitioned_by": keys,
        "columns": None,
        "names_needed": False,
        "ending": "parquet" if format == "PARQUET" else "data",
        "file_ending": endings.get(compression, ""),
    }


def _unquoted(folder: str) -> tuple[str, ...]:
    """The values of "year=2024/month=1/"."""
    return tuple(unquote(part.partition("=")[2]) for part in folder.rstrip("/").split("/"))
