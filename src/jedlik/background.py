"""The background work of one server: which jobs there are, and when each of them runs.

Built by app.py once the server answers.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable

from jedlik.api.operation import Registry
from jedlik.identity import Directory
from jedlik.measuring import Measuring
from jedlik.services.dax.clusters import Clusters
from jedlik.settings import Settings
from jedlik.tables.clock import SystemClock
from jedlik.tables.database import Database
from jedlik.workers.athena import AthenaQueries, AthenaUpkeep
from jedlik.workers.backfill import Backfill
from jedlik.workers.backups import Backups
from jedlik.workers.dax_clusters import DaxClusters
from jedlik.workers.directory import DirectoryRefresh, KeyUses
from jedlik.workers.drops import CatalogLook, Drops
from jedlik.workers.expiry import Expiry
from jedlik.workers.firehose import Firehose
from jedlik.workers.kinesis import KinesisRetention, KinesisStreams
from jedlik.workers.kinesis_deliveries import KinesisDeliveries
from jedlik.workers.kinesis_growth import KinesisGrowth
from jedlik.workers.leases import Lease
from jedlik.workers.log_deliveries import LogDeliveries
from jedlik.workers.log_exports import LogExports
from jedlik.workers.log_queries import LogQueries
from jedlik.workers.log_retention import LogRetention
from jedlik.workers.object_upkeep import ObjectUpkeep
from jedlik.workers.retention import Retention
from jedlik.workers.runner import Runner, Schedule
from jedlik.workers.shard_rolls import ShardRolls
from jedlik.workers.table_states import TableStates
from jedlik.workers.transfers import Transfers
from jedlik.workers.warm_throughputs import WarmThroughputs

RETENTION_REST_S = 60.0
OBJECT_UPKEEP_REST_S = 5.0
SHARD_ROLLS_REST_S_MAX = 60.0
TABLE_STATES_REST_S = 0.05
WARM_THROUGHPUTS_REST_S = 60.0
BACKUPS_REST_S = 0.05
TRANSFERS_REST_S = 0.05
KINESIS_REST_S = 0.05
ATHENA_REST_S = 0.0
ATHENA_UPKEEP_REST_S = 30.0
KINESIS_GROWTH_REST_S = 60.0
DELIVERY_REST_S = 0.1
FIREHOSE_REST_S = 0.1
LOG_DELIVERIES_REST_S = 0.2
LOG_QUERIES_REST_S = 0.0
LOG_EXPORTS_REST_S = 0.1
DAX_REST_S = 0.05
KEY_USES_REST_S = 60.0
SHARED_REST_S = 1.0
SHARED_SHARD_ROLLS_REST_S = 5.0
DROPS_REST_S = 60.0


class Background:
    """The jobs, from `start` to `stop`; `flush` last of all, when nothing is counted any more.

    dax_clusters: None where another process keeps them. refresh: brings DAX's metrics up to date.
    """

    def __init__(
        self,
        db: Database,
        registry: Registry,
        settings: Settings,
        *,
        clusters: Clusters,
        refresh: Callable[[], None],
        dax_clusters: DaxClusters | None,
        directory: Directory,
    ) -> None:
        measuring = Measuring(db, registry, settings, clusters=clusters, refresh=refresh)
        self.flush = measuring.flush
        runner = _runner(db, settings, dax_clusters, directory, measuring)
        self.start = runner.start
        self.stop = runner.stop


def _runner(
    db: Database,
    settings: Settings,
    dax_clusters: DaxClusters | None,
    directory: Directory,
    measuring: Measuring,
) -> Runner:
    kinesis = KinesisStreams(db)
    deliveries = KinesisDeliveries(db, limited=settings.throttling == "on")
    firehose = Firehose(db, strict=settings.auth == "required")
    log_deliveries = LogDeliveries(db, settings)
    log_exports = LogExports(db)
    log_queries = LogQueries(db)
    athena = AthenaQueries(db)
    schedules = [
        *measuring.schedules,
        Schedule(Backfill(db), 0, wake=db.index_added),
        Schedule(KeyUses(directory), KEY_USES_REST_S, wake=directory.has_uses, everywhere=True),
        Schedule(Retention(db), RETENTION_REST_S),
        Schedule(ObjectUpkeep(db), OBJECT_UPKEEP_REST_S),
        Schedule(Backups(db), BACKUPS_REST_S, wake=db.backup_work),
        Schedule(Transfers(db), TRANSFERS_REST_S, wake=db.transfer_work),
        Schedule(LogRetention(db), RETENTION_REST_S),
        Schedule(KinesisRetention(db), RETENTION_REST_S),
        Schedule(kinesis, KINESIS_REST_S, wake=kinesis.wake),
        Schedule(KinesisGrowth(db), KINESIS_GROWTH_REST_S),
        Schedule(deliveries, DELIVERY_REST_S, wake=deliveries.wake),
        Schedule(firehose, FIREHOSE_REST_S, wake=firehose.wake),
        Schedule(log_deliveries, LOG_DELIVERIES_REST_S, wake=log_deliveries.wake),
        Schedule(log_exports, LOG_EXPORTS_REST_S, wake=log_exports.wake),
        Schedule(log_queries, LOG_QUERIES_REST_S, wake=log_queries.wake),
        Schedule(athena, ATHENA_REST_S, wake=athena.wake, everywhere=True),
        Schedule(AthenaUpkeep(db), ATHENA_UPKEEP_REST_S),
        Schedule(TableStates(db), TABLE_STATES_REST_S, wake=db.table_unsettled),
        Schedule(WarmThroughputs(db), WARM_THROUGHPUTS_REST_S, everywhere=True),
        Schedule(
            Expiry(db, rate_per_s=settings.ttl_rate),
            settings.ttl_interval_ms / 1000,
            wake=db.ttl_changed,
        ),
        Schedule(
            ShardRolls(db, age_ms=settings.stream_shard_s * 1000),
            min(
                SHARED_SHARD_ROLLS_REST_S if db.catalog.shared else SHARD_ROLLS_REST_S_MAX,
                settings.stream_shard_s / 4,
            ),
        ),
    ]
    if dax_clusters is not None:
        schedules.append(
            Schedule(dax_clusters, DAX_REST_S, wake=dax_clusters.wake, everywhere=True)
        )
    if not db.catalog.shared:
        return Runner(schedules, SystemClock())
    # Other processes change the same directory and the same tables.
    schedules += [
        Schedule(DirectoryRefresh(directory), SHARED_REST_S, everywhere=True),
        Schedule(CatalogLook(db), SHARED_REST_S, everywhere=True),
        Schedule(Drops(db), DROPS_REST_S),
    ]
    holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
    return Runner(schedules, SystemClock(), Lease(db, "background", holder=holder))
