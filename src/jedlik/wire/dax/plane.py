"""What runs the operations that connections ask for, as they see it (services/dax/data_plane.py is
it)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from jedlik.api.errors import ApiError
from jedlik.identity import Identity

from .replies import Names


class Shelf(Protocol):
    def find(self, message: bytes, now_s: float) -> bytes | None: ...


class Lists(Protocol):
    def number_of(self, names: Names) -> int | None: ...
    async def define(self, names: Names) -> int: ...
    async def names(self, number: int) -> Names: ...


class Endpoint(Protocol):
    @property
    def node(self) -> int: ...
    @property
    def host(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def role(self) -> int: ...
    @property
    def zone(self) -> str: ...


class Outcome(Protocol):
    @property
    def answer(self) -> dict[str, Any]: ...


class DataPlane(Protocol):
    """Raises ApiError only."""

    @property
    def lists(self) -> Lists: ...
    def endpoints(self, *, tls: bool) -> Sequence[Endpoint]: ...
    async def key_schema(self, identity: Identity, name: str) -> Sequence[tuple[str, str]]: ...
    def shelf(self, identity: Identity) -> Shelf | None: ...
    def keep(self, outcome: Any, shelf: Any, message: bytes, reply: bytes) -> None: ...
    def count(self, operation: str, took_s: float, refusal: ApiError | None) -> None: ...
    async def run(
        self,
        name: str,
        identity: Identity,
        request: dict[str, Any],
        request_id: str,
        now: float,
    ) -> Outcome: ...
