"""What all tests of workers here want."""

from __future__ import annotations

import pytest

from jedlik.workers import backups


@pytest.fixture(autouse=True)
def one_page_at_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what a test does between two steps comes between any two pages of a job."""
    monkeypatch.setattr(backups, "PAGES", 1)
