"""What a DAX node is made of in this process: its caches, and the server for its clients."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from jedlik import dax_certificates
from jedlik.api.operation import Service
from jedlik.identity import Authenticator, Authoriser, Directory
from jedlik.net import StreamServer
from jedlik.services.dax.access import Guard, roles_of
from jedlik.services.dax.attribute_lists import AttributeLists
from jedlik.services.dax.clusters import Node
from jedlik.services.dax.data_plane import DataPlane
from jedlik.services.dax.item_cache import ItemCache
from jedlik.services.dax.memory import Memory
from jedlik.services.dax.query_cache import QueryCache
from jedlik.services.dax.reading import Source
from jedlik.settings import Settings
from jedlik.tables.database import Database
from jedlik.wire.dax.conversation import Door

MIB = 1 << 20


class Doors:
    """dynamodb: the operations that the data plane runs. folder: the data folder, None in memory.
    directory: knows what callers and clusters may do; None: nobody is asked. source: where caches
    read items; None: from `db`. stopwatch: seconds that only grow; what is remembered ages by it.
    """

    def __init__(
        self,
        settings: Settings,
        db: Database,
        dynamodb: Service,
        authenticator: Authenticator,
        *,
        folder: Path | None,
        directory: Directory | None = None,
        source: Source | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._db = db
        self._dynamodb = dynamodb
        self._authenticator = authenticator
        self._folder = folder
        self._authoriser = Authoriser() if directory is not None else None
        self._role_of = roles_of(directory) if directory is not None else None
        self._source = source
        self._stopwatch = stopwatch
        self._lists = AttributeLists(db)
        self._tls: ssl.SSLContext | None = None
        self._preparing: subprocess.Popen[bytes] | None = None

    def furnish(self, node: Node) -> None:
        """Give a node empty caches that share its memory."""
        memory = Memory(
            self._settings.dax_memory_mb * MIB,
            times=node.cluster.times,
            metrics=node.metrics,
            clock=self._stopwatch,
        )
        node.items = ItemCache(memory)
        node.queries = QueryCache(memory)

    def converse(self, node: Node) -> StreamServer:
        """The server for a furnished node's clients; it does not listen yet."""
        guard = None
        if self._authoriser is not None and self._role_of is not None:
            guard = Guard(self._authoriser, self._db, node.cluster, self._role_of)
        plane = DataPlane(
            node,
            self._db,
            self._dynamodb,
            self._lists,
            settings=self._settings,
            guard=guard,
            source=self._source,
        )
        door = Door(plane, self._authenticator, random=os.urandom, stopwatch=self._stopwatch)
        return StreamServer(door.converse, loop=asyncio.get_running_loop())

    def tls(self) -> ssl.SSLContext:
        """The context for `daxs://`, one for all nodes; slow the first time. Raises OSError."""
        if self._tls is None:
            settings = self._settings
            if settings.dax_certificate:
                self._tls = dax_certificates.context_from(
                    settings.dax_certificate, settings.dax_certificate_key
                )
            else:
                self._tls = dax_certificates.own_context(self._folder, self._addresses)
        return self._tls

    def prepare_tls(self) -> None:
        """See to it that clients soon find the certificate that they are to trust. Quick: what is
        missing is made by another process."""
        folder = self._folder
        if folder is None or self._settings.dax_certificate or self._preparing is not None:
            return
        if not dax_certificates.is_prepared(folder, self._addresses):
            command = [sys.executable, "-m", "jedlik.dax_certificates", str(folder)]
            self._preparing = subprocess.Popen(
                [*command, *self._addresses], stdin=subprocess.DEVNULL
            )

    @property
    def _addresses(self) -> list[str]:
        return [self._settings.dax_advertised, self._settings.host]
