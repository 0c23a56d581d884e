"""run: gives a plan to the engine's process and waits for its answer."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.services.athena.limits import RETURNED_MAX, SPILL_MB
from jedlik.services.athena.sql.faults import Failed
from jedlik.services.programs import start

THREADS = 2
PROGRAM = "jedlik.services.athena.engine"


async def run(plan: dict[str, Any], *, memory_mb: int) -> dict[str, Any]:
    """The engine's answer. Raises Failed. Ends the process when it is cancelled."""
    told = orjson.dumps({**plan, "memory_mb": memory_mb, "spill_mb": SPILL_MB, "threads": THREADS})
    process = await start(PROGRAM, folder=plan["folder"], line_bytes_max=RETURNED_MAX)
    try:
        out, err = await process.communicate(told)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    if process.returncode or not out:
        last = err.decode("utf-8", "replace").strip().rpartition("\n")[2]
        if process.returncode is not None and process.returncode < 0:
            raise Failed(
                "Query exhausted resources at this scale factor (the engine was ended by signal "
                f"{-process.returncode})",
                category=1,
                type=233,
            )
        raise Failed(f"GENERIC_INTERNAL_ERROR: {last[:500]}", category=1, type=401)
    answer: dict[str, Any] = orjson.loads(out)
    fault = answer.get("fault")
    if fault is not None:
        raise Failed(fault["reason"], category=fault["category"], type=fault["type"])
    return answer
