"""A server that cannot bring the rest of itself ends, and its exit code says so."""

import subprocess
import sys

BROKEN = """
import sys
from jedlik import app, later
from jedlik.settings import Settings

def modules():
    yield "jedlik.there_is_no_such_module"

later.modules = modules
sys.exit(app.run(Settings(memory=True, port=0)))
"""


def test_it_ends_with_an_error() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", BROKEN], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1, ended.stderr
    assert "there_is_no_such_module" in ended.stdout + ended.stderr
    assert "jedlik: the start could not be completed, see the log" in ended.stderr
