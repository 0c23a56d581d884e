"""Logical destinations: a name for a stream, to which other accounts may be let subscribe.

logs: ("destinations|account|region", name) -> Destination
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from jedlik.services.logs.errors import no_destination
from jedlik.services.logs.store import TABLE
from jedlik.tables.database import Database
from jedlik.tables.internal import InternalTable, Kind, decode


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """target: the ARN of a Kinesis stream or a delivery stream of the same account and region."""

    name: str
    account: str
    region: str
    target: str
    role: str
    created_ms: int
    policy: str | None = None
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        return destination_arn(self.account, self.region, self.name)


class Destinations:
    """Those of one account and region."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._table = InternalTable(db, TABLE)
        self._kind = Kind(f"destinations|{account}|{region}", Destination)

    @classmethod
    def around(cls, db: Database, arn: str) -> tuple[Destinations, str]:
        """Where the destination of an ARN is, and its name."""
        _, _, _, region, account, _, name = (arn.split(":", 6) + [""] * 7)[:7]
        return cls(db, account, region), name

    async def find(self, name: str) -> Destination | None:
        row = await self._table.get(self._kind.group, name)
        return None if row is None else decode(self._kind, row)

    async def get(self, name: str) -> Destination:
        """Raises ResourceNotFoundException."""
        found = await self.find(name)
        if found is None:
            raise no_destination()
        return found

    async def all(self, prefix: str = "") -> list[Destination]:
        rows = await self._table.range(self._kind.group)
        found = [decode(self._kind, row) for row in rows]
        return [each for each in found if each.name.startswith(prefix)]

    async def change(
        self, name: str, how: Callable[[Destination | None], Destination | None]
    ) -> None:
        """Raises Contended."""
        await self._table.replace(self._kind, name, how)


def destination_arn(account: str, region: str, name: str) -> str:
    return f"arn:aws:logs:{region}:{account}:destination:{name}"


def is_destination(arn: str) -> bool:
    return arn.startswith("arn:") and arn.split(":", 6)[2::3] == ["logs", "destination"]


def shown(destination: Destination) -> dict[str, Any]:
    told: dict[str, Any] = {
        "destinationName": destination.name,
        "targetArn": destination.target,
        "roleArn": destination.role,
        "arn": destination.arn,
        "creationTime": destination.created_ms,
    }
    return told if destination.policy is None else {**told, "accessPolicy": destination.policy}
