"""start: programs of ours beside the server, for what could take its processor or its memory."""

from __future__ import annotations

import asyncio
import os
import sys

LINE_BYTES_MAX = 64 << 10


async def start(
    program: str, *, folder: str | None = None, line_bytes_max: int = LINE_BYTES_MAX
) -> asyncio.subprocess.Process:
    """A module, run as a program with its streams. It gets nothing of the server's environment,
    where there may be credentials. folder: where it works; then what it says of errors is kept.
    line_bytes_max: as much of what it writes is read ahead, and is a line at the most."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        program,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE if folder else asyncio.subprocess.DEVNULL,
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LC_ALL": "C.UTF-8"},
        start_new_session=True,  # a Ctrl-C at the terminal is the server's to obey
        limit=line_bytes_max,
    )
