"""What Athena keeps, in the internal table "athena":

("queries|account|region", id)                        -> Execution
("listed|account|region|work group", time|id)         -> {}: for ListQueryExecutions
("tokens|account|region", client token)               -> Used
("active", account|region|id)                         -> {"runner"}: it waits or runs
("runners", runner)                                   -> {"beat_ms"}: the process that runs it
("work groups|account|region", name)                  -> WorkGroup
("named|account|region", id)                          -> NamedQuery
("prepared|account|region|work group", name)          -> Prepared
"""

from __future__ import annotations

from typing import Any

import msgspec

TABLE = "athena"
ENGINE = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
PRIMARY = "primary"


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One query.

    output: the folder that results go to ("s3://bucket/folder/"); location: the object, once known.
    kind: of its results: "csv", "txt" or "" (none). columns: as the engine tells them, with
    "name", "type", "precision", "scale". error: the AthenaError.
    """

    id: str
    account: str
    region: str
    query: str
    type: str
    sub: str
    work_group: str
    output: str
    location: str
    submitted_ms: int
    runner: str
    database: str = "default"
    context: dict[str, str] = {}
    parameters: list[str] = []
    configuration: dict[str, Any] = {}
    reuse: dict[str, Any] | None = None
    scan_max: int | None = None
    kind: str = ""
    state: str = "QUEUED"
    reason: str | None = None
    error: dict[str, Any] | None = None
    begun_ms: int = 0
    planned_ms: int = 0
    ran_ms: int = 0
    completed_ms: int = 0
    scanned: int = 0
    rows: int = 0
    result_bytes: int = 0
    manifest: str | None = None
    columns: list[dict[str, Any]] = []
    update_count: int | None = None

    @property
    def done(self) -> bool:
        return self.state in FINAL


class Used(msgspec.Struct, frozen=True):
    """A client token that was used."""

    id: str
    fingerprint: str
    at_ms: int


class WorkGroup(msgspec.Struct, frozen=True, kw_only=True):
    """configuration: as the API shows it."""

    name: str
    created_ms: int
    configuration: dict[str, Any]
    state: str = "ENABLED"
    description: str | None = None
    tags: dict[str, str] = {}

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = self.configuration.get("ResultConfiguration") or {}
        return found

    @property
    def enforced(self) -> bool:
        return bool(self.configuration.get("EnforceWorkGroupConfiguration", True))


class NamedQuery(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    database: str
    query: str
    work_group: str
    created_ms: int
    description: str | None = None
    token: str | None = None


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    query: str
    work_group: str
    modified_ms: int
    description: str | None = None
