"""Builds the server from its settings, runs it, and ends it in order.

    settings -> engine -> Database -> operations -> Gateway -> HTTP server

Then, when it answers already, come DAX (`dax_part.py`), the other operations and services
(`later.py`) and the background work (`background.py`).

The only place that knows all the parts. What it makes is passed on; nothing here is global.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import uvloop

from jedlik import __version__, compiled, later, listening, logs, root_keys
from jedlik.api.context import Context
from jedlik.api.operation import Registry
from jedlik.identity import Authenticator, Authoriser, Directory, Mode, root_credential
from jedlik.net import Server
from jedlik.services.dynamodb import meters
from jedlik.settings import Settings
from jedlik.storage.blobs import Blobs, FileBlobs, NoBlobs
from jedlik.storage.waist import Engine, StorageError
from jedlik.tables.database import Database
from jedlik.tables.errors import Throttled
from jedlik.wire.gateway import Gateway
from jedlik.wire.refusals import refuse
from jedlik.wire.s3_claims import streams_body

if TYPE_CHECKING:
    from jedlik.dax_part import DaxPart
    from jedlik.wire.s3 import Edge

SWITCH_INTERVAL_S = 0.0005  # the default 5 ms lets a returning writer wait for the GIL
GARBAGE_THRESHOLDS = (1000, 2000, 20)
"""A look at the youngest is a pause of half a millisecond, 50,000 of them one of 20 to 50; what
survived is looked at so rarely because most of it is rows, of which there are many."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger("jedlik")


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    if settings.workers > 1:
        from jedlik import serving_processes

        _warn_of_what_is_not_there(settings)
        if not settings.port:
            settings = _with_free_dax_ports(settings)
        return serving_processes.run(settings)
    logs.set_up(settings.log_level)
    try:
        _warn_of_what_is_not_there(settings)
        uvloop.run(_serve(settings))
    except FAULTS as fault:
        print(f"jedlik: {fault}", file=sys.stderr)
        return 1
    return 0


class NotThere(Exception):
    """A setting asks for a part that this version has not got."""


class Incomplete(Exception):
    """The server answered, and ended because the rest of it could not be brought."""


FAULTS = (StorageError, root_keys.Unusable, listening.CannotListen, NotThere, Incomplete)
"""What ends a server with one line for whoever started it."""


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for each in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    app = App(settings)
    try:
        await app.start()
        await stop.wait()
        app.check()
        _log.info("stopping")
    finally:
        await app.stop()


class App:
    """One running server.

    worker: its number where several serve at one address: the first one alone has DAX's doors.
    announces: whether it is the one to say where the server is.
    """

    def __init__(self, settings: Settings, *, worker: int = 0, announces: bool = True) -> None:
        self.settings = settings
        self._worker = worker
        self._announces = announces
        self.started_at = time.monotonic()
        self.endpoint = ""
        self.server: Server | None = None
        self._closing = contextlib.AsyncExitStack()
        self._background = contextlib.AsyncExitStack()
        self._has_background = False
        self._is_incomplete = False
        self.dax: DaxPart | None = None
        self._dax_running = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Open the store, begin the workers, answer requests.

        Raises CannotListen, Unusable or a StorageError; then `stop` still ends what was begun.
        """
        settings = self.settings
        self.registry = later.first()
        # The address before the store: when it is taken, no data folder is left behind.
        bound = listening.bind(settings.host, settings.port, shared=settings.workers > 1)
        self._closing.callback(bound.close)
        if not settings.port:
            settings = _with_free_dax_ports(settings)
        # What a client is told (DescribeEndpoints) is the port that was taken, not 0.
        self.settings = settings = replace(settings, port=bound.getsockname()[1])
        folder = Path(settings.data).absolute()
        engine, is_new = await _open_engine(
            settings, folder, alone=lambda: self.connection_count <= 1
        )
        self._closing.push_async_callback(engine.close)
        keys, keys_made = _root_keys(settings, folder)
        self.db = Database(engine, node=getattr(engine, "node", 0))
        await self.db.open()
        self.db.blobs = _blobs(settings, folder, shared=self.db.catalog.shared)
        self._closing.push_async_callback(self.db.blobs.close)
        await self.db.finish_drops()
        self.db.flows.set_mode(settings.throttling)
        self.db.flows.on_throttled = (
            _tell_of_throttling if settings.throttling == "on" else _report_throttling
        )
        await self.db.streams.seal_all()
        self.directory = await self._open_directory(keys)
        self._authenticator = _authenticator(settings, self.directory)
        self._closing.push_async_callback(self._dax_running.aclose)
        self._closing.push_async_callback(self._background.aclose)
        self._gateway = self._make_gateway()
        self.db.pace.answering_s = self._gateway.answering_s
        if settings.samples and is_new and self._announces:
            await self._bring_dax(keys)
            self._begin_background()  # it makes new tables ACTIVE
            await _load_samples(self.db, self.registry, settings)
        self.server = Server(
            self._gateway.handle,
            loop=asyncio.get_running_loop(),
            refuse=refuse,
            streams_body=streams_body,
        )
        self._closing.push_async_callback(self.server.close)
        await self.server.listen_on(bound)
        self.endpoint = listening.endpoint(settings.host, bound)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        dax = await self._bring_dax(keys)
        arriving = asyncio.ensure_future(self._arrive())
        self._closing.push_async_callback(_ended, arriving)
        if self._announces:
            listening.announce(
                self.endpoint, settings, folder, keys if keys_made else None, dax=dax.urls()
            )
        else:
            _log.info("worker %d serves", self._worker)

    async def _arrive(self) -> None:
        """Bring the rest of what the first answers did not wait for.

        Nobody shall run half a server unawares: if this fails, it ends.
        """
        try:
            await _import(later.modules())
            self._gateway.complete()
            await asyncio.sleep(0)
            self._begin_background()
        except Exception:
            _log.critical("the server cannot complete its start", exc_info=True)
            self._is_incomplete = True
            os.kill(os.getpid(), signal.SIGTERM)
            return
        await asyncio.sleep(0)
        _settle()

    async def _bring_dax(self, keys: root_keys.Keys | None) -> DaxPart:
        """DAX, listening where it is to; requests may be answered meanwhile."""
        if self.dax is None:
            await _import(later.modules_of_dax())
            from jedlik.dax_part import DaxPart

            self.dax = DaxPart(
                self.settings,
                self.db,
                later.all_of_dynamodb(),
                self._authenticator,
                keys=keys,
                directory=self.directory,
            )
            self._dax_running.push_async_callback(self.dax.worker.stop)
            if not self._worker:
                await self.dax.begin()
        return self.dax

    def _rest(self) -> tuple[Registry, Edge]:
        """As the gateway asks: the services that the start did not wait for."""
        self.registry, edge = later.services()
        return self.registry, edge

    def _begin_background(self) -> None:
        """Start the background work; harmless when repeated."""
        if self._has_background:
            return
        self._has_background = True
        assert self.dax is not None
        self._gateway.complete()
        from jedlik.background import Background
        from jedlik.coding_processes import ProcessCoders
        from jedlik.services.dynamodb.coding import Coders

        background = Background(
            self.db,
            self.registry,
            self.settings,
            clusters=self.dax.clusters,
            refresh=self.dax.refresh_metrics,
            dax_clusters=None if self._worker else self.dax.worker,
            directory=self.directory,
        )
        coders = self.db.beside[Coders] = ProcessCoders()
        self._background.push_async_callback(coders.close)
        self._background.push_async_callback(background.flush)
        background.start()
        self._background.push_async_callback(background.stop)

    @property
    def _is_one(self) -> bool:
        """Whether it is one of several at this address."""
        return self.settings.workers > 1

    @property
    def connection_count(self) -> int:
        return self.server.connection_count if self.server is not None else 0

    def check(self) -> None:
        """Raises Incomplete if the server ends because it could not become whole."""
        if self._is_incomplete:
            raise Incomplete("the start could not be completed, see the log")

    async def stop(self) -> None:
        """End in the reverse order of the beginning; finishes what is being answered."""
        await self._closing.aclose()

    async def _open_directory(self, keys: root_keys.Keys | None) -> Directory:
        """Users, roles and their keys, beside the tables for whoever asks."""
        account = self.settings.account
        root = root_credential(keys.access_key, keys.secret_key, account) if keys else None
        directory = Directory(self.db, account=account, root=root)
        await directory.open()
        self.db.beside[Directory] = directory
        self._closing.push_async_callback(directory.save_uses)
        return directory

    def _make_gateway(self) -> Gateway:
        settings = self.settings
        return Gateway(
            self.registry,
            self._authenticator,
            db=self.db,
            settings=settings,
            region=settings.region,
            authoriser=Authoriser(),
            health=self.health,
            late=self._rest,
            connection_count=lambda: self.connection_count,
            more_metrics=self._more_metrics,
            metric_label=f'worker="{self._worker}"' if self._is_one else "",
            observer=meters.Observer(self.db.flows),
        )

    def _more_metrics(self) -> str:
        capacity = meters.prometheus_text(self.db.flows)
        return capacity + (self.dax.prometheus_text() if self.dax is not None else "")

    async def health(self) -> dict[str, Any]:
        """What /_jedlik/health and `jedlik status` show; no paths, for the page is unsigned."""
        store = await self.db.engine.health()
        figures = {key: value for key, value in store.details.items() if isinstance(value, int)}
        return {
            "status": "healthy" if store.writable else "unhealthy",
            "version": __version__,
            "form": compiled.form(),
            "auth": self.settings.auth,
            "durability": self.settings.durability,
            **({"worker": self._worker, "workers": self.settings.workers} if self._is_one else {}),
            "uptime_s": round(time.monotonic() - self.started_at, 1),
            "memory_bytes": _resident_bytes(),
            "store": {"engine": store.engine, "writable": store.writable, **figures},
            "dax": self.dax.summary() if self.dax is not None else [],
        }


def _authenticator(settings: Settings, directory: Directory) -> Authenticator:
    mode: Mode = "required" if settings.auth == "required" else "open"
    return Authenticator(directory, mode=mode, account=settings.account)


def _with_free_dax_ports(settings: Settings) -> Settings:
    """Whoever asks for a free port wants no fixed ones for DAX either, unless they say so."""
    plain, encrypted = settings.dax_port, settings.dax_tls_port
    return replace(
        settings,
        dax_port=0 if plain == Settings.dax_port else plain,
        dax_tls_port=0 if encrypted == Settings.dax_tls_port else encrypted,
    )


def _blobs(settings: Settings, folder: Path, *, shared: bool) -> Blobs:
    """Where object bytes go. Several machines must have been told of one place."""
    if settings.blobs.startswith("s3://"):
        from jedlik.blobs_in_s3 import blobs_in_s3

        return blobs_in_s3(settings.blobs)
    if settings.store and not settings.blobs:
        return NoBlobs()
    return FileBlobs(
        None if settings.memory else Path(settings.blobs or folder / "objects").absolute(),
        durable=settings.durability == "full" and not settings.memory,
        shared=shared,
    )


async def _open_engine(
    settings: Settings, folder: Path, *, alone: Callable[[], bool]
) -> tuple[Engine, bool]:
    """The store, and whether it is new.

    alone: whether at most one client is there, whose write may then commit on the loop.
    """
    if settings.memory:
        from jedlik.storage.memory import MemoryEngine

        return MemoryEngine(), True
    if settings.store:
        try:
            from jedlik.storage.postgres import PostgresEngine
        except ModuleNotFoundError as missing:
            raise NotThere(
                f"--store needs {missing.name}: pip install 'jedlik[postgres]'"
            ) from None
        try:  # the root keys and what DAX needs stay in the folder
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise StorageError(f"{folder} cannot be used: {fault.strerror}") from fault
        store = await PostgresEngine.open(settings.store)
        return store, store.is_new
    from jedlik.storage.sqlite import SqliteEngine

    file = folder / "store.sqlite"
    is_new = not file.exists()
    if not is_new and not file.stat().st_size and (folder / root_keys.FILE).exists():
        # A start that was cut off may leave an empty file, but not before there are keys.
        raise StorageError(
            f"{file} is empty, but this folder was in use before: "
            "put a backup of it back, or remove it to begin anew"
        )
    return SqliteEngine.open(folder, durability=settings.durability, alone=alone), is_new


def _root_keys(settings: Settings, folder: Path) -> tuple[root_keys.Keys | None, bool]:
    """The keys that may do anything, and whether they were made just now.

    In memory with open auth there are none: nothing would tell a client about them.
    """
    found = root_keys.from_environment(os.environ, "JEDLIK_")
    if found:
        return found, False
    if settings.memory:
        return (root_keys.generate(), True) if settings.auth == "required" else (None, False)
    file = folder / root_keys.FILE
    found = root_keys.read(file)
    return (found, False) if found else (root_keys.create(file), True)


def _tell_of_throttling(fault: Throttled) -> None:
    """Once: whoever did not expect it learns what it is and how to be without it."""
    _log.warning(
        "throttled a %s of %s, as AWS would: its capacity is used up for now. "
        "Start with --throttling off to be without limits, or --throttling report to be told only",
        fault.access,
        fault.resource.rpartition(":table/")[2],
    )


def _report_throttling(fault: Throttled) -> None:
    _log.warning(
        "AWS would throttle a %s of %s now: its capacity is used up. It is not, because of "
        "--throttling report; /_jedlik/metrics counts how often (jedlik_throttled_total)",
        fault.access,
        fault.resource.rpartition(":table/")[2],
    )


def _warn_of_what_is_not_there(settings: Settings) -> None:
    """Flags of the design that govern something yet to come: said plainly, never ignored."""
    if settings.store and settings.durability != "full":
        _log.warning(
            "--durability %s: with --store the server's synchronous_commit decides",
            settings.durability,
        )


async def _load_samples(db: Database, registry: Registry, settings: Settings) -> None:
    """Make the sample tables through the operations, as a client would."""
    from jedlik import samples

    async def call(name: str, request: dict[str, Any]) -> Any:
        operation = registry.operation("dynamodb", name)
        assert operation is not None
        operation.check(request)
        ctx = Context(
            db=db,
            account=settings.account,
            region=settings.region,
            principal=None,
            request_id="samples",
            now=time.time(),
            settings=settings,
        )
        answer = await operation(ctx, request)
        return orjson.loads(answer) if isinstance(answer, bytes) else answer

    for table in samples.tables():
        name = table["TableName"]
        await call("CreateTable", table)
        while True:
            described = await call("DescribeTable", {"TableName": name})
            if described["Table"]["TableStatus"] == "ACTIVE":
                break
            await asyncio.sleep(0.005)
        puts = [{"PutRequest": {"Item": item}} for item in samples.items(name)]
        await call("BatchWriteItem", {"RequestItems": {name: puts}})
    _log.info("loaded the sample tables")


async def _import(modules: Iterable[str]) -> None:
    """Read code while requests keep their turns."""
    for module in modules:
        importlib.import_module(module)
        await asyncio.sleep(0)


async def _ended(task: asyncio.Task[None]) -> None:
    """Cut a task off wherever it is."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _settle() -> None:
    """Everything made so far stays: keep the garbage collector from looking at it again."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
