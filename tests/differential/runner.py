"""Run suites against the three servers and gather the differences that are not owned up to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from tests.differential.answers import Canonical, canonical, code, difference, shown
from tests.differential.listed import Listed
from tests.differential.suite import Step, Suite
from tests.support.raw import Answer, Raw

ACTIVE_S_MAX = 30
# Dynalite is asked for its texts only. What it accepts, or throws at, says nothing: it is old.
REFUSALS = (
    "com.amazon.coral.validate#ValidationException",
    "com.amazon.coral.service#SerializationException",
)
BODY_SHOWN_MAX = 1500


@dataclass(frozen=True)
class Found:
    """A difference that nobody owned up to."""

    suite: Suite
    step: Step
    lines: list[tuple[str, str]]

    def __str__(self) -> str:
        body = self.step.body
        sent = body.decode(errors="replace") if isinstance(body, bytes) else json.dumps(body)
        rows = "\n".join(
            f"    {self.suite.peer:8} {shown(peer)}\n    jedlik   {shown(mine)}"
            for peer, mine in self.lines
        )
        return f"{self.suite.name}: {self.step.operation} {sent[:BODY_SHOWN_MAX]}\n{rows}"


@dataclass
class Outcome:
    steps: int = 0
    found: list[Found] = field(default_factory=list)


def run(suites: Iterable[Suite], jedlik: str, peer: str, listed: Listed, *, seed: int) -> Outcome:
    """Every step of every suite, one after the other; the servers are given by their endpoints.

    A suite's randomness depends on its name and the seed only.
    """
    outcome = Outcome()
    for suite in suites:
        found, steps = _run_suite(suite, jedlik, peer, listed, seed)
        outcome.found += found
        outcome.steps += steps
    return outcome


def _run_suite(
    suite: Suite, jedlik: str, peer_endpoint: str, listed: Listed, seed: int
) -> tuple[list[Found], int]:
    mine, peer = Raw(jedlik), Raw(peer_endpoint)
    for raw in (mine, peer):
        for table in suite.tables:
            _make_table(raw, table)
    found, steps = [], 0
    for step in suite.steps(Random(f"{suite.name} {seed}")):
        steps += 1
        theirs, ours = _ask(peer, step), _ask(mine, step)
        lines = _compare(suite, step, theirs, ours)
        left = [line for line in lines if not listed.covers(suite.peer, step.operation, *line)]
        if left:
            found.append(Found(suite, step, left))
        if (theirs.status == 200) != (ours.status == 200):
            _reconcile(suite, step, (mine, peer))
    for raw in (mine, peer):
        raw.close()
    return found, steps


def _reconcile(suite: Suite, step: Step, raws: tuple[Raw, ...]) -> None:
    """Delete the item that only one of them wrote, so that one difference is not found again."""
    if not isinstance(step.body, dict):
        return
    item = step.body.get("Key") or step.body.get("Item")
    tables = [made for made in suite.tables if made["TableName"] == step.body.get("TableName")]
    if tables and isinstance(item, dict):
        names = [part["AttributeName"] for part in tables[0]["KeySchema"]]
        key = {name: item[name] for name in names if name in item}
        for raw in raws:
            _ask(raw, Step("DeleteItem", {"TableName": step.body["TableName"], "Key": key}))


def _ask(raw: Raw, step: Step) -> Answer:
    try:
        return raw.call(step.operation, step.body, **dict(step.headers))
    except OSError as failed:
        return Answer(0, {}, f"no answer: {failed!r}".encode())


def _compare(suite: Suite, step: Step, peer: Answer, mine: Answer) -> list[tuple[str, str]]:
    theirs, ours = (
        canonical(step.operation, answer, tied_on=step.tied_on, exact_numbers=suite.exact_numbers)
        for answer in (peer, mine)
    )
    if step.only_status and theirs.status == ours.status == 200:
        return []
    if suite.peer == "dynalite" and theirs.error not in REFUSALS:
        return []
    if not suite.texts and theirs.status >= 400 and 400 <= ours.status < 500:
        return []
    return difference(theirs, ours) or _wire(theirs, ours)


def _wire(theirs: Canonical, ours: Canonical) -> list[tuple[str, str]]:
    """The same code may come under another namespace."""
    if theirs.error != ours.error and code(theirs) == code(ours):
        return [(f"__type {theirs.error}", f"__type {ours.error}")]
    return []


def _make_table(raw: Raw, table: dict[str, object]) -> None:
    made = raw.call("CreateTable", table)
    assert made.status == 200, (raw.host, table, made.body)
    deadline = time.monotonic() + ACTIVE_S_MAX
    while True:
        described = raw.call("DescribeTable", {"TableName": table["TableName"]}).json["Table"]
        states = [described["TableStatus"]] + [
            index["IndexStatus"] for index in described.get("GlobalSecondaryIndexes", [])
        ]
        if all(state == "ACTIVE" for state in states):
            return
        assert time.monotonic() < deadline, (raw.host, table["TableName"], states)
        time.sleep(0.01)
