"""JavaScript clients, unchanged, each running through what it can do with tables.

The scripts in js/ assert for themselves; packages are the exact versions of js/package-lock.json.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY
from tests.support import runtimes

JS = Path(__file__).parent / "js"
SCRIPT_S_MAX = 120


@pytest.mark.node
@pytest.mark.parametrize(
    "script",
    ["sdk_client", "sdk_lib", "dynamoose", "electrodb", "toolbox", "cloudwatch", "kinesis"],
)
def test_javascript_client(script: str, endpoint: str | None, target: str) -> None:
    if target == "aws":
        pytest.skip("the scripts leave their tables behind")
    packages = runtimes.node_modules(JS) / "node_modules"
    environment = {
        **os.environ,
        "NODE_PATH": str(packages),
        "ENDPOINT": str(endpoint),
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }
    done = subprocess.run(
        [runtimes.node(), "--no-warnings", str(JS / f"{script}.cjs")],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SCRIPT_S_MAX,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.count("ok ") >= 5
