"""The same requests to Jedlik and to its peers: every difference is on record.

DynamoDB Local judges what requests do and what errors say; dynalite judges errors of shape and
constraint, whose texts it took from AWS. Neither is taken for the truth: docs/differences.md has
the differences that we stand by, and why. One that matches nothing any more fails the run.

    JEDLIK_DIFFERENTIAL_SEED=7 JEDLIK_DIFFERENTIAL_SCALE=20 pytest tests/differential    digs deeper
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.differential import listed, runner
from tests.differential.suites import suites
from tests.support.oracles import Dynalite, DynamoDBLocal
from tests.support.server import Server

SEED = int(os.environ.get("JEDLIK_DIFFERENTIAL_SEED", "1"))
SCALE = float(os.environ.get("JEDLIK_DIFFERENTIAL_SCALE", "1"))
SHOWN = 25
STEPS_MIN = 15_000
PEERS = {"local": DynamoDBLocal, "dynalite": Dynalite}

pytestmark = [pytest.mark.slow, pytest.mark.java, pytest.mark.node]


@pytest.fixture(scope="module")
def record() -> listed.Listed:
    return listed.load()


@pytest.fixture(scope="module")
def outcome(record: listed.Listed) -> runner.Outcome:
    """Both peers' suites, side by side, each with a Jedlik of its own."""

    def against(peer: str) -> runner.Outcome:
        chosen = [suite for suite in suites(SCALE) if suite.peer == peer]
        with Server("--throttling", "off") as jedlik, PEERS[peer]() as other:
            return runner.run(chosen, jedlik.endpoint, other.endpoint, record, seed=SEED)

    with ThreadPoolExecutor() as pool:
        both = list(pool.map(against, PEERS))
    return runner.Outcome(
        steps=sum(each.steps for each in both),
        found=[found for each in both for found in each.found],
    )


def test_every_difference_is_on_record(outcome: runner.Outcome) -> None:
    shown = "\n".join(str(found) for found in outcome.found[:SHOWN])
    assert not outcome.found, f"seed {SEED}, {len(outcome.found)} differences:\n{shown}"
    assert outcome.steps > STEPS_MIN * SCALE / 2, "hardly anything was asked"


def test_no_recorded_difference_is_stale(outcome: runner.Outcome, record: listed.Listed) -> None:
    assert outcome.steps
    if SEED == 1 and SCALE == 1:  # another seed may not meet every one
        assert not record.stale(), "docs/differences.md lists what does not differ any more"
