"""The committed digests are those of the pinned botocore; overlays name their evidence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "src" / "jedlik" / "api"


@pytest.mark.parametrize("tool", ["digest_models.py", "coverage.py"])
def test_generated_files_are_fresh(tool):
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / tool), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("file", sorted((API / "overlays").glob("*.json")), ids=lambda f: f.stem)
def test_overlays_name_their_evidence_and_shapes_that_are_there(file):
    overlay = json.loads(file.read_text())
    model = json.loads((API / "models" / file.name).read_text())
    for entry in overlay["shapes"]:
        assert entry["evidence"].strip(), entry
        assert entry["shape"] in model["shapes"], entry
        members = model["shapes"][entry["shape"]].get("members", {})
        assert set(entry.get("set", {}).get("order", [])) <= set(members), entry
    for shape, reason in overlay["opaque"].items():
        assert shape in model["shapes"]
        assert reason.strip()


def test_a_notice_stands_beside_the_models():
    assert "Apache License" in (API / "models" / "NOTICE").read_text()
