"""AWS's Go client for DAX, unchanged: its answers are those of boto3."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.clients.conftest import DaxServer
from tests.clients.dax_programs import differences
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

SOURCES = Path(__file__).parent / "go_dax"
BUILD_S_MAX = 300


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built program; skips where there is no Go or where its modules cannot be had."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not on PATH")
    built = tmp_path_factory.mktemp("go") / "go_dax"
    fetched = subprocess.run(
        [go, "mod", "download"], cwd=SOURCES, capture_output=True, text=True, timeout=BUILD_S_MAX
    )
    if fetched.returncode:
        pytest.skip(f"the Go modules cannot be had here: {fetched.stderr.strip()}")
    done = subprocess.run(
        [go, "build", "-o", str(built), "."],
        cwd=SOURCES,
        capture_output=True,
        text=True,
        timeout=BUILD_S_MAX,
    )
    assert done.returncode == 0, done.stderr
    return built


@pytest.fixture(scope="module")
def dynamodb(dax_server: DaxServer) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=dax_server.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize("scheme", ["dax", "daxs"])
def test_answers_are_those_of_the_dynamodb_endpoint(
    scheme: str, program: Path, dax_server: DaxServer, dynamodb: Any
) -> None:
    wrong = differences([str(program)], dax_server.url(scheme), dynamodb, dax_server)
    assert not wrong, "\n".join(wrong)
