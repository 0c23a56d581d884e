"""Fixtures for tests of raw bytes: an echo server and gateways, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jedlik.net import Limits, Server
from tests.wire.servers import Running, RunningGateway, echo

Serve = Callable[..., Running]


@pytest.fixture
def serve_echo() -> Iterator[Serve]:
    """Start an echo server with limits of one's own."""
    running: list[Running] = []

    def start(**limits: Any) -> Running:
        running.append(Running(lambda loop: Server(echo, loop=loop, limits=Limits(**limits))))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture(scope="session")
def echo_server() -> Iterator[Running]:
    """An echo server with the limits that everybody has."""
    running = Running(lambda loop: Server(echo, loop=loop))
    yield running
    running.close()


@pytest.fixture(scope="session")
def open_gateway() -> Iterator[RunningGateway]:
    running = RunningGateway("open")
    yield running
    running.close()


@pytest.fixture(scope="session")
def strict_gateway() -> Iterator[RunningGateway]:
    running = RunningGateway("required")
    yield running
    running.close()
