"""Reading: asks the program that reads queries (`sql/reader.py`), and ends it where it takes long.

One is kept for the next query for a while; more are started while that one is at work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from jedlik.services.athena.limits import RETURNED_MAX
from jedlik.services.athena.sql.faults import Failed, Malformed
from jedlik.services.programs import start
from jedlik.tables.database import Database

PROGRAM = "jedlik.services.athena.sql.reader"
READ_S_MAX = 30.0
KEPT_S = 60.0
AT_ONCE_MAX = 4


class Reading:
    """One in each process; `of` finds it."""

    def __init__(self) -> None:
        self._kept: asyncio.subprocess.Process | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def of(cls, db: Database) -> Reading:
        return db.one(cls)

    async def check(self, sql: str) -> None:
        """Raises Malformed for what is no query."""
        await self._ask({"what": "check", "sql": sql})

    async def names(
        self, sql: str, parameters: Sequence[str], database: str
    ) -> tuple[list[tuple[str, str]], bool]:
        """The tables that a query reads, and whether it asks for "$path". Raises Failed."""
        told = await self._ask(
            {"what": "names", "sql": sql, "parameters": parameters, "database": database}
        )
        return [(place, table) for place, table in told["names"]], told["wants_path"]

    async def render(
        self, sql: str, parameters: Sequence[str], database: str, columns: Mapping[str, str]
    ) -> list[str]:
        """DuckDB's texts of a query (`sql/translate.py`). Raises Failed."""
        told = await self._ask(
            {
                "what": "render",
                "sql": sql,
                "parameters": parameters,
                "database": database,
                "columns": columns,
            }
        )
        return list(told["sqls"])

    async def close(self) -> None:
        """End the one that is kept."""
        if self._ending is not None:
            self._ending.cancel()
        reader, self._kept = self._kept, None
        if reader is not None:
            await _end(reader)

    async def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        async with self._turns:
            reader = await self._take()
            told = b""
            try:
                assert reader.stdin is not None
                assert reader.stdout is not None
                reader.stdin.write(orjson.dumps(asked) + b"\n")
                told = await _line(reader.stdout)
            except (ValueError, OSError):
                pass  # it takes too long, or says too much, or has died: told is empty
            finally:
                if not told or self._kept is not None:
                    await _end(reader)
                else:
                    self._keep(reader)
        if not told:
            raise Malformed("the statement is too complex")
        answer: dict[str, Any] = orjson.loads(told)
        if "malformed" in answer:
            raise Malformed(answer["malformed"])
        if "failed" in answer:
            reason, category, kind = answer["failed"]
            raise Failed(reason, category=category, type=kind)
        return answer

    async def _take(self) -> asyncio.subprocess.Process:
        reader, self._kept = self._kept, None
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if reader is not None and reader.returncode is None:
            return reader
        return await start(PROGRAM, line_bytes_max=RETURNED_MAX)

    def _keep(self, reader: asyncio.subprocess.Process) -> None:
        self._kept = reader
        loop = asyncio.get_running_loop()
        self._ending = loop.call_later(KEPT_S, self._let_go)

    def _let_go(self) -> None:
        self._closing = asyncio.ensure_future(self.close())


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The answer; empty if none comes in time.

    Not by `asyncio.wait_for`: in Python 3.11 that forgets a cancellation that comes along with the
    line, and the query would outlive its runner.
    """
    reading = asyncio.ensure_future(stream.readline())
    try:
        done, _ = await asyncio.wait([reading], timeout=READ_S_MAX)
        return reading.result() if done else b""
    finally:
        if not reading.done():
            reading.cancel()
            await asyncio.wait([reading])


async def _end(reader: asyncio.subprocess.Process) -> None:
    """End a process, and wait until nothing of it is left."""
    assert reader.stdin is not None
    assert reader.stdout is not None
    if reader.returncode is None:
        reader.kill()
    reader.stdin.close()
    try:
        await reader.stdout.read()
    except ValueError:
        pass  # it said more than is kept
    await reader.wait()
