"""All suites of the differential test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.differential.suite import Step, Suite
from tests.differential.suites import (
    generated,
    shapes,
    written_items,
    written_queries,
    written_statements,
    written_tables,
)
from tests.differential.suites.requests import CLASSIC


def suites(scale: float = 1.0) -> list[Suite]:
    """Every suite; `scale` multiplies the generated ones' length.

    What was written by hand is asked of both peers, as far as dynalite knows the operations.
    """
    both = [*written_items.suites(), *written_queries.suites(), *written_tables.suites()]
    return [
        *generated.suites(scale),
        *both,
        *(for_dynalite(suite) for suite in both),
        *written_statements.suites(),
        *shapes.suites(),
    ]


def for_dynalite(suite: Suite) -> Suite:
    """The same steps without the operations that dynalite does not have."""

    def steps(random: Random) -> Iterator[Step]:
        return (step for step in suite.steps(random) if step.operation in CLASSIC)

    return replace(suite, peer="dynalite", steps=steps, texts=True)
