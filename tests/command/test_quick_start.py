"""The README's quick start, run as it is written: what it shows is what comes out.

Owns a server, because the walk changes the samples and kills the process.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import Server

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
COMMAND_S_MAX = 60


def walk() -> list[tuple[str, str]]:
    """(command, output shown) of every `$` line in the README's blocks, in order."""
    steps: list[tuple[str, str]] = []
    for block in re.findall(r"```\n(\$ .*?)```", README, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = step.splitlines(keepends=True)
            length = 1
            while _goes_on("".join(lines[:length])):
                length += 1
            steps.append(("".join(lines[:length]), "".join(lines[length:])))
    return steps


def _goes_on(command: str) -> bool:
    """Whether a shell would wait for another line: after a backslash, or inside quotes."""
    return command.rstrip("\n").endswith("\\") or command.count("'") % 2 == 1


@pytest.mark.slow
def test_the_quick_start_shows_what_happens(tmp_path: Path) -> None:
    server = Server("--data", str(tmp_path / ".jedlik"), "--samples").start()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_MAX_ATTEMPTS": "1",
    }
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    steps = walk()
    assert len(steps) >= 10
    try:
        for command, shown in steps:
            if command.startswith("make start"):
                server.process = None  # the walk's kill -9 ended it
                server.restart()
                continue
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=COMMAND_S_MAX,
            )
            assert done.stdout.strip() == shown.strip(), command
            if command.startswith("kill"):
                assert server.process is not None
                server.process.wait(COMMAND_S_MAX)
    finally:
        server.stop()


def test_the_example_is_the_readmes() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks[0] in (ROOT / "examples" / "quick_start.py").read_text()
