"""Changing a stored cluster, where it may be changed: what all such operations share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.services.dax.descriptions import described_cluster
from jedlik.services.dax.errors import Cluster
from jedlik.services.dax.events import now_ms
from jedlik.services.dax.records import CLUSTER, ClusterRecord, EventRecord, Records

Next = tuple[ClusterRecord, Sequence[EventRecord]]


async def change_cluster(
    ctx: Context,
    records: Records,
    name: str,
    next_of: Callable[[ClusterRecord], Next],
) -> dict[str, Any]:
    """Replace an available cluster by what `next_of` (pure) makes of it; the answer of the
    operation. Raises ClusterNotFoundFault, InvalidClusterStateFault and what `next_of` raises."""

    def guarded(cluster: ClusterRecord) -> Next:
        if cluster.status != "available":
            raise Cluster.not_available(cluster.name, cluster.status)
        return next_of(cluster)

    changed = await records.change(CLUSTER, name.lower(), guarded)
    if changed is None:
        raise Cluster.not_found()
    return {"Cluster": described_cluster(ctx, changed)}


async def found_cluster(records: Records, name: str) -> ClusterRecord:
    """Raises ClusterNotFoundFault."""
    found = await records.get(CLUSTER, name.lower())
    if found is None:
        raise Cluster.not_found()
    return found


def in_transition(ctx: Context, cluster: ClusterRecord) -> ClusterRecord:
    """The cluster while the worker brings a change about."""
    settles_at_ms = now_ms(ctx) + ctx.settings.transition_ms
    return replace(cluster, status="modifying", settles_at_ms=settles_at_ms)
