"""AWS's Go client for DAX, unchanged: its answers are those of boto3."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import DaxServer, pair_table
from tests.clients.dax_programs import differences
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

BUILD_S_MAX = 300
RUN_S_MAX = 60


def built(name: str, folder: Path) -> Path:
    """A built program; skips where there is no Go or where its modules cannot be had."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not on PATH")
    sources = Path(__file__).parent / name
    for command in (["mod", "download"], ["build", "-o", str(folder / name), "."]):
        done = subprocess.run(
            [go, *command], cwd=sources, capture_output=True, text=True, timeout=BUILD_S_MAX
        )
        if done.returncode and command[0] == "mod":
            pytest.skip(f"the Go modules cannot be had here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
    return folder / name


@pytest.fixture(scope="session")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("go_dax", tmp_path_factory.mktemp("go"))


@pytest.fixture(scope="session")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("go", tmp_path_factory.mktemp("go"))


def as_go_tells_it(operation: str, answer: Any) -> Any:
    """What the client refuses by itself is Unknown and says more before the text."""
    error = answer.get("error", {})
    text = str(error.get("Message"))
    if error.get("Code") in ("Unknown", "ValidationException") and "unused in expressions" in text:
        return text.rpartition("invalid parameter: ")[2]
    return answer


@pytest.mark.parametrize("scheme", ["dax", "daxs"])
def test_answers_are_those_of_the_dynamodb_endpoint(
    scheme: str, stories: Path, dax_server: DaxServer, over_http: Any
) -> None:
    command, url = [str(stories)], dax_server.url(scheme)
    wrong = differences(command, url, over_http, dax_server, as_go_tells_it)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scheme", ["dax", "daxs"])
def test_the_sdks_types(
    scheme: str, operations: Path, dax_server: DaxServer, over_http: Any
) -> None:
    """Written as an application would be, with the SDK's structs; it checks by itself."""
    table = f"go-{uuid.uuid4().hex[:8]}"
    pair_table(over_http, table)
    done = subprocess.run(
        [str(operations), dax_server.url(scheme), REGION, table],
        env={
            **os.environ,
            "SSL_CERT_FILE": dax_server.authority,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        },
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.count("ok ") == 18
