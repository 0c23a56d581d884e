"""Partition keys of records by a jq program: "MetadataExtraction" with the engine JQ-1.6.

The program is the client's, so it runs in a process of its own (`jq_process.py`) and has a time
for each batch. Needs the `jq` library, which `pip install 'jedlik[firehose]'` brings.
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

BATCH_S_MAX = 10.0
FAILURES_MAX = 3
"""So many batches may take too long; then the program is not asked again."""
START_S_MAX = 60.0
TOO_SLOW = "The MetadataExtraction query took too long, or too much memory"

Keys = dict[str, str] | str
"""What was found, or why nothing was."""
_decoder = msgspec.msgpack.Decoder(list[dict[str, str] | str])
_NAME = re.compile(r'\s*(?:([A-Za-z_]\w*)|"([^"\\]*)")\s*(:|$)')


class BadQuery(Exception):
    """No program; the message says why."""


def is_there() -> bool:
    return importlib.util.find_spec("jq") is not None


def names(query: str) -> list[str]:
    """The keys of the object that a query makes: `{a: .x, "b": .y, c}`. Raises BadQuery."""
    text = query.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise BadQuery("the query must be an object of partition keys: {name: expression, …}")
    found = []
    for member in _members(text[1:-1]):
        match = _NAME.match(member)
        if match is None:
            raise BadQuery(f"{member.strip()!r} does not begin with the name of a partition key")
        found.append(match[1] or match[2])
    return found


def _members(text: str) -> list[str]:
    """What stands between the outermost commas."""
    members, depth, quoted, start, place = [], 0, False, 0, 0
    while place < len(text):
        letter = text[place]
        if quoted:
            if letter == "\\":
                place += 1
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth == 0:
            members.append(text[start:place])
            start = place + 1
        place += 1
    return [*members, text[start:]]


async def check(query: str) -> None:
    """Raises BadQuery if jq does not know what it means."""
    names(query)
    async with Extractor(query):
        pass


class Extractor:
    """A running program; an async context. Raises BadQuery on entering."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._process: asyncio.subprocess.Process | None = None
        self._failures = 0

    async def __aenter__(self) -> Extractor:
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    async def keys_of(self, records: Sequence[bytes]) -> list[Keys]:
        """For each record its keys, or why it has none; a batch that takes too long has none."""
        if self._failures >= FAILURES_MAX:
            return [TOO_SLOW] * len(records)
        if self._process is None:
            await self._start()
        try:
            answer = await asyncio.wait_for(
                self._ask(msgspec.msgpack.encode(list(records))), BATCH_S_MAX
            )
        except (TimeoutError, EOFError, OSError):
            await self._end()
            self._failures += 1
            return [TOO_SLOW] * len(records)
        return _decoder.decode(answer)

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(Path(__file__).with_name("jq_process.py")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            answer = await asyncio.wait_for(self._ask(self._query.encode()), START_S_MAX)
        except (TimeoutError, EOFError, OSError):
            await self._end()
            raise BadQuery("jq did not answer") from None
        except BaseException:
            await self._end()
            raise
        refusal = msgspec.msgpack.decode(answer)
        if refusal is not None:
            await self._end()
            raise BadQuery(refusal)

    async def _ask(self, data: bytes) -> bytes:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        process.stdin.write(len(data).to_bytes(4, "big") + data)
        await process.stdin.drain()
        head = await process.stdout.readexactly(4)
        return await process.stdout.readexactly(int.from_bytes(head, "big"))

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            try:
                process.kill()
            except ProcessLookupError:
                pass
        await process.wait()
