"""AWS's JavaScript clients for DAX, unchanged: their answers are those of boto3."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import DaxServer, pair_table
from tests.clients.dax_cases import CASES, Case
from tests.clients.dax_stories import comparable, make_tables, run_python, story
from tests.clients.test_dax_python import caller
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY
from tests.support import runtimes

JS = Path(__file__).parent / "js"
SCRIPT_S_MAX = 120


def run_script(script: str, told: dict[str, Any], server: DaxServer) -> str:
    """Run a script with JSON on its standard input; what it prints."""
    packages = runtimes.node_modules(JS) / "node_modules"
    done = subprocess.run(
        [runtimes.node(), "--no-warnings", str(JS / f"{script}.cjs")],
        env={
            **os.environ,
            "NODE_PATH": str(packages),
            "NODE_EXTRA_CA_CERTS": server.authority,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE": "1",
        },
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=SCRIPT_S_MAX,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.node
@pytest.mark.parametrize("scheme", ["dax", "daxs"])
@pytest.mark.parametrize("client", ["client-dax", "amazon-dax-client"])
def test_answers_are_those_of_the_dynamodb_endpoint(
    client: str, scheme: str, dax_server: DaxServer, over_http: Any
) -> None:
    wanted, cases, reference_names, twin_names = [], [], [], []
    for name in CASES:
        reference, twins = make_tables(over_http, "http"), make_tables(over_http, "dax")
        wanted += run_python(caller(over_http), story(name, reference))
        told: list[Case] = story(name, twins)
        cases += told
        reference_names += [reference] * len(told)
        twin_names += [twins] * len(told)
    got = json.loads(
        run_script(
            "dax_stories",
            {
                "client": client,
                "endpoint": dax_server.url(scheme),
                "region": REGION,
                "cases": cases,
            },
            dax_server,
        )
    )
    wrong = []
    for (operation, asked), one, other, reference, twins in zip(
        cases, wanted, got, reference_names, twin_names, strict=True
    ):
        expected, told_ = comparable(one, reference), comparable(other, twins)
        if told_ != expected:
            wrong.append(f"{operation} {asked}\n  dax:  {told_}\n  http: {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.node
@pytest.mark.parametrize("scheme", ["dax", "daxs"])
def test_the_document_client(scheme: str, dax_server: DaxServer, over_http: Any) -> None:
    name = f"documents-{scheme}"
    pair_table(over_http, name)
    told = {"endpoint": dax_server.url(scheme), "region": REGION, "table": name}
    assert run_script("dax_documents", told, dax_server).count("ok ") == 7
