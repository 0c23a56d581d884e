"""The workers that measure and act on it: CloudWatch's metrics and alarms, auto scaling.

    publisher (minutes) ─▶ measurements ─▶ alarms ─▶ scaling ─▶ UpdateTable

Called by app.py, which runs them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import Registry
from jedlik.services.dax.clusters import Clusters
from jedlik.settings import Settings
from jedlik.tables.database import Database
from jedlik.workers.alarms import Alarms
from jedlik.workers.hot_keys import HotKeySaver
from jedlik.workers.metric_publisher import MetricPublisher
from jedlik.workers.metric_retention import MetricRetention
from jedlik.workers.runner import Schedule
from jedlik.workers.scaling import Refused, Scaling

TICK_S = 1.0
RETENTION_REST_S = 60.0


class Measuring:
    """schedules: for the runner. Flush it in the end."""

    def __init__(
        self,
        db: Database,
        registry: Registry,
        settings: Settings,
        *,
        clusters: Clusters,
        refresh: Callable[[], None],
    ) -> None:
        self.publisher = MetricPublisher(db, clusters, refresh)
        self._hot_keys = HotKeySaver(db)
        scaling = Scaling(db, updater(db, registry, settings))
        alarms = Alarms(db, scaling.act, interval_s=settings.alarm_interval_s)
        self.schedules = [
            Schedule(self.publisher, TICK_S, everywhere=True),
            Schedule(self._hot_keys, TICK_S, everywhere=True),
            Schedule(alarms, TICK_S, wake=alarms.wake),
            Schedule(scaling, TICK_S, wake=scaling.wake),
            Schedule(MetricRetention(db), RETENTION_REST_S),
        ]

    async def flush(self) -> None:
        """Keep what there is of the minute that goes on."""
        await self.publisher.flush()
        await self._hot_keys.flush()


def updater(db: Database, registry: Registry, settings: Settings) -> Any:
    """Runs UpdateTable as a client of that account and region would, but for policies: what AWS's
    service-linked role may do, the service may do here."""
    operation = registry.operation("dynamodb", "UpdateTable")
    assert operation is not None

    async def update(account: str, region: str, request: dict[str, Any], now_s: float) -> None:
        ctx = Context(
            db=db,
            account=account,
            region=region,
            principal=None,
            request_id="auto scaling",
            now=now_s,
            settings=settings,
        )
        try:
            operation.check(request)
            await operation(ctx, request)
        except ApiError as refusal:
            raise Refused(refusal.message) from None

    return update
