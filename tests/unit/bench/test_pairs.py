"""Ratios are taken round by round, so that a slow minute does not count against anybody."""

from __future__ import annotations

from bench.pairs import Ratio, ratio


def test_a_slow_minute_hits_both_and_changes_nothing() -> None:
    mine, theirs = [200.0, 100.0, 50.0, 200.0, 100.0], [100.0, 50.0, 25.0, 100.0, 50.0]
    assert ratio(mine, theirs) == Ratio(2.0, 2.0, 2.0)


def test_the_median_and_the_middle_half() -> None:
    found = ratio([1.0, 2.0, 3.0, 4.0, 50.0], [1.0] * 5)
    assert found == Ratio(3.0, 2.0, 4.0)
    assert found.text(1) == "3.0 (2.0–4.0)"


def test_one_round_has_no_range() -> None:
    assert ratio([3.0], [2.0]).text(2) == "1.50"
