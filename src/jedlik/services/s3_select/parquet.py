"""Records of a Parquet file, by DuckDB where it is installed (the extra "athena"). Raises Fault."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, Protocol
from uuid import UUID

from jedlik.services.s3_select.faults import Fault

_ROWS = 1000
_MEMORY_MB = 256


class Source(Protocol):
    def pieces(self) -> Iterator[bytes]: ...


def records(source: Source) -> Iterator[dict[str, Any]]:
    """Parquet has what it holds at its end, so the object becomes a file first, without a name."""
    try:
        import duckdb
    except ImportError:
        raise Fault(
            "InvalidDataSource", 'Parquet needs DuckDB here, which the extra "athena" installs.'
        ) from None
    with tempfile.TemporaryFile() as file:
        for piece in source.pieces():
            file.write(piece)
        file.flush()
        connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": f"{_MEMORY_MB}MB",
                "threads": 1,
            }
        )
        try:
            connection.execute(f"SELECT * FROM read_parquet('/dev/fd/{file.fileno()}')")
            names = [each[0] for each in connection.description]
            while rows := connection.fetchmany(_ROWS):
                for row in rows:
                    yield {name: _plain(value) for name, value in zip(names, row, strict=True)}
        except duckdb.Error:
            raise Fault(
                "ParquetParsingError",
                "Error parsing Parquet file. Please check the file and try again.",
            ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, time | UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
