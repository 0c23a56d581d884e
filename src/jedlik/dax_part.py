"""DAX in a running server: its clusters, what runs their nodes, and the worker that keeps them.

Brought by app.py when the server answers its first requests already.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jedlik import root_keys
from jedlik.api.operation import Service
from jedlik.dax_doors import Doors
from jedlik.dax_nodes import LocalNodes
from jedlik.dax_processes import ProcessNodes
from jedlik.identity import Authenticator, Directory
from jedlik.services.dax import metric_pages, records
from jedlik.services.dax.clusters import Clusters
from jedlik.services.dax.default_cluster import make_default_cluster
from jedlik.settings import Settings
from jedlik.tables.database import Database
from jedlik.tables.internal import InternalTable
from jedlik.workers.dax_clusters import DaxClusters

START_S_MAX = 20.0  # in processes of their own, nodes take about a second


class DaxPart:
    """clusters: those that run. worker: makes them be what is written down; `begin` once, at last
    `worker.stop`. dynamodb: the operations that the data plane runs, all of them."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        dynamodb: Service,
        authenticator: Authenticator,
        *,
        keys: root_keys.Keys | None,
        directory: Directory,
    ) -> None:
        self._settings = settings
        self._db = db
        self.clusters = Clusters(settings.dax_advertised)
        folder = None if settings.memory else Path(settings.data).absolute()
        if settings.dax_processes:
            self._nodes: LocalNodes | ProcessNodes = ProcessNodes(
                db,
                settings,
                dynamodb,
                keys=keys,
                directory=directory,
                folder=None if folder is None else str(folder),
                wake=InternalTable(db, records.TABLE).changed,
            )
        else:
            doors = Doors(settings, db, dynamodb, authenticator, folder=folder, directory=directory)
            self._nodes = LocalNodes(settings, doors)
        self.worker = DaxClusters(db, self.clusters, self._nodes)

    async def begin(self) -> None:
        """Clusters as they were left, and the one that is there from the start, listening."""
        settings = self._settings
        if settings.dax_nodes:
            await make_default_cluster(
                self._db,
                account=settings.account,
                region=settings.region,
                nodes=settings.dax_nodes,
            )
        await self.worker.settle(START_S_MAX)

    def refresh_metrics(self) -> None:
        """Bring up to date what is not counted as it happens."""
        self._nodes.refresh_metrics()

    def urls(self) -> list[str]:
        return metric_pages.urls(self.clusters)

    def summary(self) -> list[dict[str, Any]]:
        """What the page about health tells of it."""
        return metric_pages.summary(self.clusters)

    def prometheus_text(self) -> str:
        self.refresh_metrics()
        return metric_pages.prometheus_text(self.clusters)
