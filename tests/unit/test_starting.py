"""The quick reading of `jedlik start` agrees with the command line's library, or is silent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import click
import pytest

from jedlik import settings, starting
from jedlik.cli.start import start

RIGHT = [
    [],
    ["--port", "9000"],
    ["--port=0", "--data", "somewhere", "--memory"],
    ["--dax-port", "0", "--dax-tls-port", "0", "--log-level=debug"],
    ["--region", "eu-west-1", "--region", "eu-central-1"],
    ["--samples", "--throttling", "off", "--config", "other.toml"],
    ["--store=postgresql://u:p@h/d?x=y"],
]
ODD = [
    ["--help"],
    ["-h"],
    ["--prot", "9000"],
    ["--port"],
    ["--port", "--memory"],
    ["--port", "nine"],
    ["--port", "٩"],
    ["--port", "-1"],
    ["--memory=yes"],
    ["word"],
    ["--"],
    ["--data", "-"],
]


def by_library(words: Sequence[str]) -> dict[str, Any]:
    context = start.make_context("start", list(words))
    return {name: value for name, value in context.params.items() if value is not None}


@pytest.mark.parametrize("words", RIGHT, ids=" ".join)
def test_right_words_mean_the_same(words: list[str]) -> None:
    quick = starting.flags(words)
    assert quick is not None
    assert {n: v for n, v in quick.items() if v is not None} == by_library(words)


@pytest.mark.parametrize("words", ODD, ids=" ".join)
def test_odd_words_are_left_to_the_library(words: list[str]) -> None:
    assert starting.flags(words) is None


@pytest.mark.parametrize("words", [["--auth", "maybe"], ["--port", "70000"]], ids=" ".join)
def test_wrong_values_are_left_to_the_library(words: list[str]) -> None:
    assert starting.run(words) is None
    with pytest.raises((click.UsageError, settings.SettingsError)):
        settings.load(by_library(words), environment={})


def test_what_a_start_waits_for_leaves_the_rest_out() -> None:
    program = (
        "import sys\n"
        "from jedlik import starting\n"
        "import jedlik.app, jedlik.storage.sqlite\n"
        "jedlik.app.later.first()\n"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    modules = set(done.stdout.split())
    late = {
        "click",
        "cryptography",
        "jedlik.dax_part",
        "jedlik.services.dax",
        "jedlik.services.dynamodbstreams",
        "jedlik.services.iam",
        "jedlik.services.s3",
        "jedlik.tables.partiql.tree",
        "jedlik.wire.protocols",
    }
    assert "jedlik.services.dynamodb.get_item" in modules, done.stderr
    assert modules & late == set()
