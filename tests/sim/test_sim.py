"""Thousands of simulated histories. One that fails names its seed: `make sim SEED=n` tells it."""

from __future__ import annotations

import pytest

from tests.sim.simulation import Failed, Summary, kind_of, simulate

SEEDS = 3000
SEEDS_PER_TEST = 100


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_PER_TEST))
def test_every_history_is_one_that_the_model_allows(first: int) -> None:
    failures = []
    total = Summary()
    for seed in range(first, first + SEEDS_PER_TEST):
        try:
            summary = simulate(seed)
        except Failed as failure:
            failures.append(str(failure)[:2000])
        else:
            total.done += summary.done
            total.crashes += summary.crashes
    assert not failures, "\n".join(failures)
    # What hardly works or never crashes would prove little.
    assert total.done > 20 * SEEDS_PER_TEST
    assert total.crashes > SEEDS_PER_TEST // 10


def test_a_seed_tells_the_same_story_every_time() -> None:
    for seed in (1, 3, 10):
        assert kind_of(seed) == {1: "memory", 3: "far", 10: "sqlite"}[seed]
        stories: list[list[str]] = [[], []]
        for story in stories:
            simulate(seed, trace=story.append)
        assert stories[0] == stories[1]
        assert len(stories[0]) > 20
