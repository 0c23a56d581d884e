"""docs/capacity.md shows what its tool prints; the clock is virtual, so it is the same anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.capacity_figures import bursts, hot_keys, ramp, scaling

PAGE = Path(__file__).resolve().parents[2] / "docs" / "capacity.md"


@pytest.mark.parametrize("figures", [bursts, hot_keys, ramp, scaling])
def test_the_page_has_the_figures(figures):
    assert "\n".join(figures()) in PAGE.read_text()
