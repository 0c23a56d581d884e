"""Twenty thousand requests from the model, right and wrong ones: the server must take them all.

Never a status of 500 or more, never a hang, memory bounded, and afterwards it answers as before.
JEDLIK_FUZZ_SEED replays a run, JEDLIK_FUZZ_REQUESTS makes it longer.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.differential.suite import index, table
from tests.fuzz.model_requests import ModelRequests
from tests.support.raw import Answer, Raw
from tests.support.server import Server

REQUESTS = int(os.environ.get("JEDLIK_FUZZ_REQUESTS", "20000"))
SEED = int(os.environ.get("JEDLIK_FUZZ_SEED", "1"))
CONNECTIONS = 4
ANSWER_S_MAX = 20
SUCCEED_PART_MIN = 0.1  # with fewer, the requests would be too broken to get anywhere
GROWTH_MB_MAX = 120  # of the second half over the first: requests must leave nothing behind
SHOWN_MAX = 1000


@pytest.fixture(scope="module")
def server() -> Any:
    """A server of its own: what is measured is its memory."""
    with Server("--throttling", "off") as server:
        raw = Raw(server.endpoint)
        for body in (
            table("fuzz-hash", "pk:S"),
            table(
                "fuzz-range",
                "pk:S sk:N",
                attributes="g:S l:S",
                LocalSecondaryIndexes=[index("byL", "pk", "l", local=True)],
                GlobalSecondaryIndexes=[index("byG", "g", "sk")],
            ),
            table("fuzz-binary", "pk:B sk:S"),
        ):
            assert raw.call("CreateTable", body).status == 200
        yield server


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def model() -> dict[str, Any]:
    text = resources.files("jedlik.api").joinpath("models/dynamodb.json").read_text()
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.mark.slow
def test_no_request_breaks_the_server(server: Server) -> None:
    statuses: Counter[int] = Counter()
    first_half = run(server, REQUESTS // 2, SEED, statuses)
    before_mb = resident_mb(server.pid)
    second_half = run(server, REQUESTS - REQUESTS // 2, SEED + 1, statuses)
    after_mb = resident_mb(server.pid)
    faults = first_half + second_half
    assert not faults, f"seed {SEED}, {len(faults)} faults:\n" + "\n".join(faults[:20])
    assert statuses[200] > SUCCEED_PART_MIN * REQUESTS, statuses
    assert after_mb - before_mb < GROWTH_MB_MAX, f"grew from {before_mb:.0f} to {after_mb:.0f} MB"
    raw = Raw(server.endpoint)
    put = {"TableName": "fuzz-after", "Item": {"pk": {"S": "after"}, "a": {"N": "1"}}}
    assert raw.call("CreateTable", table("fuzz-after", "pk:S")).status == 200
    assert raw.call("PutItem", put).status == 200
    got = raw.call("GetItem", {"TableName": "fuzz-after", "Key": {"pk": {"S": "after"}}})
    assert got.json == {"Item": put["Item"]}


def run(server: Server, count: int, seed: int, statuses: Counter[int]) -> list[str]:
    """Send `count` requests over several connections; the faults found. Counts the statuses."""
    faults: list[str] = []
    described = model()

    def connection(number: int) -> None:
        requests = ModelRequests(described, Random(f"{seed} {number}"))
        raw = Raw(server.endpoint, timeout_s=ANSWER_S_MAX)
        for _ in range(count // CONNECTIONS):
            operation, body = requests.one()
            if operation in UNREPEATABLE:
                continue
            try:
                answer = raw.call(operation, body)
            except OSError as failed:
                faults.append(f"{operation} {body[:SHOWN_MAX]!r}: no answer: {failed!r}")
                continue
            statuses[answer.status] += 1
            if fault := wrong_with(answer):
                faults.append(f"{operation} {body[:SHOWN_MAX]!r}: {fault}")
        raw.close()

    threads = [threading.Thread(target=connection, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


# They would take away the tables that the other requests are about.
UNREPEATABLE = {"DeleteTable"}


def wrong_with(answer: Answer) -> str:
    """What is wrong with an answer, "" if nothing."""
    if answer.status >= 500:
        return f"{answer.status} {answer.body[:300]!r}"
    if answer.status == 200:
        return "" if isinstance(answer.json, dict) else f"no JSON object: {answer.body[:300]!r}"
    if not answer.error and answer.status != 413:
        return f"{answer.status} without __type: {answer.body[:300]!r}"
    return ""
