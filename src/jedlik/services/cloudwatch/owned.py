"""Alarms that another service of ours makes and keeps: Application Auto Scaling's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jedlik.services.cloudwatch.alarms import configured
from jedlik.services.cloudwatch.records import ALARM, AlarmRecord, Records
from jedlik.tables.database import Database


class OwnedAlarms:
    """The alarms of one account and region, for their owner."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._records = Records(db, account, region)
        self._account, self._region = account, region

    async def put(self, name: str, config: Mapping[str, Any], now_ms: int) -> str:
        """Make an alarm, or give it another configuration; its ARN. config: members of
        PutMetricAlarm."""
        wanted = {
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            **config,
        }

        def changed(old: AlarmRecord | None) -> AlarmRecord:
            if old is None:
                return AlarmRecord(
                    self._account, self._region, name, "MetricAlarm", wanted, now_ms, now_ms, now_ms
                )
            if old.config == wanted:
                return old
            return replace(old, config=wanted, configured_at_ms=now_ms)

        _, alarm = await self._records.put(
            ALARM, name, changed, lambda old, new: [configured(old, new, now_ms)]
        )
        assert alarm is not None
        return alarm.arn

    async def delete(self, name: str, now_ms: int) -> None:
        """Take an alarm away; nothing if a client did."""
        await self._records.put(
            ALARM,
            name,
            lambda old: None,
            lambda old, new: [configured(old, new, now_ms)] if old is not None else (),
        )
