"""A few simulated histories on the real PostgreSQL engine, in both dialects."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from tests.sim.postgres_store import PostgresStore
from tests.sim.simulation import Summary, simulate
from tests.support.postgres import Cluster, running

SEEDS = 12


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running() as made:
        yield made


@pytest.mark.parametrize("dialect", ["plain", "citus"])
def test_every_history_is_one_that_the_model_allows(cluster: Cluster, dialect: str) -> None:
    total = Summary()
    for seed in range(SEEDS):
        url = cluster.url(f"sim{seed}", dialect=dialect, connections=2)
        summary = simulate(seed, store=PostgresStore(Random(seed), url))
        total.done += summary.done
        total.crashes += summary.crashes
    # What hardly works or never crashes would prove little.
    assert total.done > 10 * SEEDS
    assert total.crashes > 0
