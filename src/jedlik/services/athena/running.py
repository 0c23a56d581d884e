"""Runner: the queries of this process, some at a time, from QUEUED to their end.

Each is run by the process that was asked for it, which knows the caller: objects are read with the
caller's permissions. `workers/athena.py` gives it its turns, and ends those whose process died.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import orjson

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.identity import Authoriser
from jedlik.services.athena import results
from jedlik.services.athena.actions import Actions
from jedlik.services.athena.judging import Judge
from jedlik.services.athena.limits import RUNNING_MAX
from jedlik.services.athena.making import Making
from jedlik.services.athena.outcome import Outcome
from jedlik.services.athena.planning import Planner
from jedlik.services.athena.reach import Reach
from jedlik.services.athena.reading import Reading
from jedlik.services.athena.records import TABLE, Execution, Prepared
from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.faults import Failed, Malformed
from jedlik.services.athena.sql.parse import parse
from jedlik.services.athena.sql.statements import Statement
from jedlik.services.athena.store import Store
from jedlik.services.glue import Catalog
from jedlik.services.s3 import Objects
from jedlik.tables.database import Database
from jedlik.tables.ending import end
from jedlik.tables.internal import Change, InternalTable

BEAT_S = 10.0
LOOK_S = 1.0
"""How often a query that another process may have stopped is looked at."""
DDL_S_MAX = 600
LEFT_S = 86_400.0
MAKING = (
    said.Query,
    said.Explain,
    said.CreateView,
    said.CreateTableAs,
    said.Insert,
    said.Unload,
)

_log = logging.getLogger("jedlik.athena")


@dataclass
class Job:
    """A query to be run. ctx: of the request that asked for it."""

    execution: Execution
    ctx: Context


class Stopped(Exception):
    """The query was cancelled for a reason of its own."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Runner:
    """One in each process; `of` finds it."""

    def __init__(self, db: Database) -> None:
        self.id = secrets.token_hex(8)
        self.wake = asyncio.Event()
        """Set when there is something to run."""
        self._db = db
        self._waiting: deque[Job] = deque()
        self._running: dict[str, tuple[Job, asyncio.Task[None]]] = {}
        self._authoriser = Authoriser()
        self._folder: Path | None = None
        self._beat_at = 0.0

    @classmethod
    def of(cls, db: Database) -> Runner:
        return db.one(cls, lambda: cls(db))

    def submit(self, job: Job) -> None:
        self._waiting.append(job)
        self.wake.set()

    def stop(self, query_id: str) -> None:
        """End a query that is CANCELLED already; harmless for those that are not here."""
        if query_id in self._running:
            self._running[query_id][1].cancel()

    @property
    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for _, task in self._running.values()]

    @property
    def ids(self) -> set[str]:
        return {*self._running, *(job.execution.id for job in self._waiting)}

    async def step(self) -> bool:
        """Run what there is until there is nothing more; False always."""
        self.wake.clear()
        try:
            while self._waiting or self._running:
                while self._waiting and len(self._running) < RUNNING_MAX:
                    job = self._waiting.popleft()
                    self._running[job.execution.id] = job, asyncio.ensure_future(self._run(job))
                await self._beat()
                woken = asyncio.ensure_future(self.wake.wait())
                await asyncio.wait(
                    [woken, *self._tasks],
                    timeout=LOOK_S,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                woken.cancel()
                self.wake.clear()
                for query_id, (_, task) in [*self._running.items()]:
                    if task.done():
                        del self._running[query_id]
                        if not task.cancelled() and task.exception() is not None:
                            _log.error("query %s is lost", query_id, exc_info=task.exception())
                if self._db.catalog.shared:
                    await self._look()
        finally:
            await end(self._tasks)
            self._running.clear()
        return False

    async def _beat(self) -> None:
        """Tell other processes that this one lives."""
        now = self._db.clock.now_ms()
        if now < self._beat_at + BEAT_S * 1000:
            return
        self._beat_at = now
        table = InternalTable(self._db, TABLE)
        old = await table.get("runners", self.id)
        beat = orjson.dumps({"beat_ms": now})
        await table.write(Change("runners", self.id, beat, seen=old))

    async def _look(self) -> None:
        """Stop what another process was told to stop."""
        for query_id, (job, task) in [*self._running.items()]:
            if (await _store(job).execution(query_id)).done:
                task.cancel()

    async def _run(self, job: Job) -> None:
        store, query_id = _store(job), job.execution.id
        begun = await store.change_execution(
            query_id,
            lambda old: msgspec.structs.replace(old, state="RUNNING", begun_ms=store.now_ms),
        )
        if begun.done:
            return
        job.execution = begun
        folder = await asyncio.to_thread(self._new_folder, query_id)
        try:
            ended = await self._ended(job, folder)
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("query %s failed", query_id)
            error = _error("GENERIC_INTERNAL_ERROR: see the server's log", 1, 401)
            ended = {"state": "FAILED", "reason": error["ErrorMessage"], "error": error}
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
        await store.change_execution(
            query_id,
            lambda old: msgspec.structs.replace(old, **ended, completed_ms=store.now_ms),
        )

    async def _ended(self, job: Job, folder: Path) -> dict[str, Any]:
        """What becomes of the record."""
        limit_s = job.ctx.settings.athena_timeout_s if job.ctx.settings else DDL_S_MAX
        try:
            return await asyncio.wait_for(self._done(job, folder), limit_s)
        except TimeoutError:
            reason = f"Query timeout: the query ran longer than {limit_s} s"  # unverified
            return {"state": "FAILED", "reason": reason, "error": _error(reason, 2, 233)}
        except Stopped as stopped:
            return {"state": "CANCELLED", "reason": stopped.reason}
        except Malformed as fault:
            return {"state": "FAILED", "reason": str(fault), "error": _error(str(fault), 2, 1001)}
        except Failed as fault:
            error = _error(fault.reason, fault.category, fault.type)
            return {"state": "FAILED", "reason": fault.reason, "error": error}
        except ApiError as refusal:
            text = f"{refusal.code}: {refusal.message}"
            return {"state": "FAILED", "reason": text, "error": _error(text, 2, 1003)}

    async def _done(self, job: Job, folder: Path) -> dict[str, Any]:
        execution, ctx = job.execution, job.ctx
        catalog = Catalog(self._db, execution.account, execution.region)
        objects = Objects(self._db, account=execution.account, region=execution.region)
        judge = Judge(ctx, self._authoriser)
        reach = Reach(catalog, objects, judge, database=execution.database)
        statement, parameters = await self._statement(job)
        planned: dict[str, Any] = {}

        def at_plan(scanned: int) -> None:
            planned["planned_ms"] = self._db.clock.now_ms()
            if execution.scan_max is not None and scanned > execution.scan_max:
                raise Stopped(f"Bytes scanned limit was exceeded: {scanned}")

        if isinstance(statement, MAKING):
            planner = Planner(
                catalog,
                objects,
                judge,
                Reading.of(self._db),
                database=execution.database,
                folder=folder,
            )
            memory_mb = ctx.settings.athena_memory_mb if ctx.settings else 512
            making = Making(execution, reach, planner, memory_mb=memory_mb, planned=at_plan)
            outcome = await making.run(statement, parameters)
        elif isinstance(statement, (said.Prepare, said.Deallocate)):
            outcome = await self._prepared(job, statement)
        else:
            outcome = await Actions(reach).run(statement)
        ran_ms = self._db.clock.now_ms()
        location, size = await _published(execution, outcome, objects, judge)
        return {
            **planned,
            "state": "SUCCEEDED",
            "ran_ms": ran_ms,
            "kind": outcome.kind,
            "columns": outcome.columns,
            "rows": outcome.rows or len(outcome.lines),
            "scanned": outcome.scanned,
            "manifest": outcome.manifest,
            "location": location,
            "result_bytes": size,
            "update_count": outcome.update_count,
        }

    async def _statement(self, job: Job) -> tuple[Statement, list[str]]:
        """The statement to run: an EXECUTE's is the prepared one."""
        execution = job.execution
        statement = await asyncio.to_thread(parse, execution.query)
        parameters = execution.parameters
        if not isinstance(statement, said.Execute):
            return statement, parameters
        try:
            prepared = await _store(job).prepared(execution.work_group, statement.name)
        except ApiError:
            raise Failed(
                f"NOT_FOUND: Prepared statement not found: {statement.name}", type=1301
            ) from None
        return await asyncio.to_thread(parse, prepared.query), [*statement.parameters, *parameters]

    async def _prepared(self, job: Job, statement: Statement) -> Outcome:
        store, group = _store(job), job.execution.work_group
        if isinstance(statement, said.Prepare):
            parse(statement.sql)
            new = Prepared(
                name=statement.name,
                query=statement.sql,
                work_group=group,
                modified_ms=store.now_ms,
            )
            await store.put_prepared(new)
        elif isinstance(statement, said.Deallocate):
            if not await store.delete(f"prepared|{group}", statement.name):
                raise Failed(f"NOT_FOUND: Prepared statement not found: {statement.name}")
        return Outcome()

    def _new_folder(self, query_id: str) -> Path:
        """A folder for one query's files. What earlier processes left is gone by then."""
        blobs = self._db.blobs
        place = blobs.work_folder() if blobs is not None else None
        if self._folder is None:
            self._folder = place or Path(tempfile.gettempdir())
            for left in place.glob("athena-*") if place is not None else ():
                # Where processes share the place, what is young may be another's.
                if not self._db.catalog.shared or left.stat().st_mtime < time.time() - LEFT_S:
                    shutil.rmtree(left, ignore_errors=True)
        folder = self._folder / f"athena-{query_id}"
        folder.mkdir(mode=0o700, parents=True)
        return folder.resolve()


async def _published(
    execution: Execution, outcome: Outcome, objects: Objects, judge: Judge
) -> tuple[str, int]:
    """Where the results are, once their texts are written, and how large they are."""
    if outcome.kind == "":
        return outcome.location or execution.location, 0
    bucket, key = results.location_of(execution, f".{outcome.kind}")
    size = 0
    try:
        if outcome.kind == "txt":
            await judge.may_write(bucket, key)
            text = "".join(f"{line}\n" for line in outcome.lines)
            info = await objects.put(bucket, key, text.encode(), content_type="text/plain")
        else:
            info = await objects.head(bucket, key)
        size = info.size
        if outcome.columns:
            await objects.put(bucket, f"{key}.metadata", results.metadata(outcome.columns))
    except ApiError as refusal:
        raise Failed(
            f"Access denied when writing output to url: s3://{bucket}/{key}. {refusal.message}",
            type=1003,
        ) from None
    return f"s3://{bucket}/{key}", size


def _store(job: Job) -> Store:
    return Store(job.ctx.db, job.execution.account, job.execution.region)


def _error(reason: str, category: int, type: int) -> dict[str, Any]:
    return {
        "ErrorCategory": category,
        "ErrorType": type,
        "Retryable": False,
        "ErrorMessage": reason,
    }
