"""The account's settings: its commitment to a minimum throughput, "on-demand advantage".

Nothing is billed here: it is kept and told, with the day that a commitment lasts at least.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.services.kinesis.records import Commitment
from jedlik.services.kinesis.store import Store

DAY_MS = 86_400_000
"""How long a commitment lasts at least (developer guide, "Choose the right mode")."""


async def committed(ctx: Context, wanted: str) -> Commitment:
    """Enable it or disable it; what it is now. Ending it before its day is over waits for that."""
    now_ms = int(ctx.now * 1000)

    def changed(now: Commitment) -> Commitment:
        enabled = now.started_ms is not None and (now.ended_ms is None or now.ended_ms > now_ms)
        if wanted == "ENABLED":
            return Commitment(now.started_ms if enabled else now_ms)
        if not enabled or now.ended_ms is not None:
            return now
        assert now.started_ms is not None
        return Commitment(now.started_ms, max(now_ms, now.started_ms + DAY_MS))

    return await Store.of(ctx.db).change_commitment(ctx.account, ctx.region, changed)


def shown(commitment: Commitment, now_ms: int) -> dict[str, Any]:
    started_ms, ended_ms = commitment.started_ms, commitment.ended_ms
    if started_ms is None:
        return {"Status": "DISABLED"}
    told: dict[str, Any] = {"Status": "ENABLED", "StartedAt": started_ms / 1000}
    if ended_ms is not None:
        over = ended_ms <= now_ms
        told["Status"] = "DISABLED" if over else "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
        if over:
            told["EndedAt"] = ended_ms / 1000
            return told
    told["EarliestAllowedEndAt"] = (started_ms + DAY_MS) / 1000
    return told
