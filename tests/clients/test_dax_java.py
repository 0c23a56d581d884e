"""AWS's Java client for DAX, unchanged, through its ten operations; only where there are a JDK and
Maven on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import DaxServer, pair_table
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY
from tests.support import runtimes

SOURCES = Path(__file__).parent / "java"
RUN_S_MAX = 120


@pytest.fixture(scope="session")
def jars() -> Path:
    """The folder of the client and what it needs."""
    if not shutil.which("keytool"):
        pytest.skip("keytool is not on PATH")
    try:
        return runtimes.java_libraries(SOURCES)
    except runtimes.Missing as missing:
        pytest.skip(f"needs {missing}")


@pytest.mark.parametrize("scheme", ["dax", "daxs"])
def test_the_ten_operations(
    scheme: str, jars: Path, dax_server: DaxServer, over_http: Any, tmp_path: Path
) -> None:
    table = f"java-{uuid.uuid4().hex[:8]}"
    pair_table(over_http, table)
    trusted = tmp_path / "trusted.p12"
    authority = ("-importcert", "-noprompt", "-alias", "jedlik", "-file", dax_server.authority)
    store = ("-keystore", str(trusted), "-storepass", "changeit")
    subprocess.run(["keytool", *authority, *store], check=True, capture_output=True)
    done = subprocess.run(
        [
            "java",
            f"-Djavax.net.ssl.trustStore={trusted}",
            "-Djavax.net.ssl.trustStorePassword=changeit",
            "-cp",
            f"{jars}/*",
            str(SOURCES / "Dax.java"),
            dax_server.url(scheme),
            REGION,
            table,
        ],
        env={**os.environ, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY},
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.count("ok ") == 19
