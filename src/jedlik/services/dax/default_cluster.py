"""The cluster that is there out of the box, so that `dax://127.0.0.1:8111` works at once."""

from __future__ import annotations

from jedlik.services.dax.create_cluster import DEFAULT_SECURITY_GROUP
from jedlik.services.dax.events import cluster_event
from jedlik.services.dax.nodes import with_nodes
from jedlik.services.dax.records import CLUSTER, TABLE, ClusterRecord, Records
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable

NAME = "jedlik"


async def make_default_cluster(db: Database, *, account: str, region: str, nodes: int) -> bool:
    """Write it down, once in the life of a store: who deletes it does not want it back.

    Whether it was made now. It answers plain and TLS connections alike.
    """
    at_ms = db.clock.now_ms()
    cluster = with_nodes(
        ClusterRecord(
            account=account,
            region=region,
            name=NAME,
            node_type="dax.t3.small",
            iam_role_arn=f"arn:aws:iam::{account}:role/DAXServiceRole",
            created_at_ms=at_ms,
            settles_at_ms=0,
            description="There from the start",
            both=True,
            security_groups=(DEFAULT_SECURITY_GROUP,),
        ),
        nodes,
        (),
        at_ms,
    )
    try:
        await InternalTable(db, TABLE).write(Change("made", "default cluster", b"{}"))
    except Contended:
        return False
    event = cluster_event(NAME, "Creating cluster.", at_ms)
    return await Records(db, account, region).add(CLUSTER, NAME, cluster, event)
