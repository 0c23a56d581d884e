"""Runs all stories in a program of another language and compares what it was told with boto3's
answers.

The program reads {endpoint, region, cases} as JSON, with binaries as base64, and prints the list
of its answers in the same spelling.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

from tests.clients.conftest import DaxServer
from tests.clients.dax_cases import CASES, Case
from tests.clients.dax_stories import comparable, make_tables, run_python, story
from tests.clients.test_dax_python import caller
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

PROGRAM_S_MAX = 120

# What the client under test is known to do to an answer, or to leave out of it: applied to both.
Levelling = Callable[[str, Any], Any]


def run_program(command: list[str], told: dict[str, Any], server: DaxServer) -> list[Any]:
    """Its answers; raises AssertionError with what it said when it fails."""
    done = subprocess.run(
        command,
        env={
            **os.environ,
            "SSL_CERT_FILE": server.authority,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        },
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=PROGRAM_S_MAX,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    answers: list[Any] = json.loads(done.stdout)
    return answers


def differences(
    command: list[str],
    url: str,
    dynamodb: Any,
    server: DaxServer,
    levelled: Levelling = lambda operation, answer: answer,
) -> list[str]:
    """Where the program, with tables of its own, was told something else than boto3."""
    wanted, cases, reference_names, twin_names = [], [], [], []
    for name in CASES:
        reference, twins = make_tables(dynamodb, "http"), make_tables(dynamodb, "dax")
        wanted += run_python(caller(dynamodb), story(name, reference))
        told: list[Case] = story(name, twins)
        cases += told
        reference_names += [reference] * len(told)
        twin_names += [twins] * len(told)
    got = run_program(command, {"endpoint": url, "region": REGION, "cases": cases}, server)
    wrong = []
    for (operation, asked), one, other, reference, twins in zip(
        cases, wanted, got, reference_names, twin_names, strict=True
    ):
        expected = levelled(operation, comparable(one, reference))
        found = levelled(operation, comparable(other, twins))
        if found != expected:
            wrong.append(f"{operation} {asked}\n  dax:  {found}\n  http: {expected}")
    return wrong
