"""Patterns of Java's DateTimeFormatter; the wanted texts are Java's (American locale)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jedlik.services.firehose.java_dates import BadPattern, formatted, parse

TOKYO = datetime(2026, 11, 22, 6, 5, 3, 120_000, ZoneInfo("Asia/Tokyo"))
INDIA = datetime(2021, 1, 2, 12, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
WINTER = datetime(2024, 12, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "when", "text"),
    [
        ("yyyy/MM/dd/HH", TOKYO, "2026/11/22/06"),
        ("yy-M-d H:m:s", TOKYO, "26-11-22 6:5:3"),
        ("uuuu", TOKYO, "2026"),
        ("'year='yyyy'/it''s'", TOKYO, "year=2026/it's"),
        ("yyyy''MM", TOKYO, "2026'11"),
        ("E EEE EEEE EEEEE", TOKYO, "Sun Sun Sunday S"),
        ("L MM MMM MMMM MMMMM", TOKYO, "11 11 Nov November N"),
        ("h hh a k K", TOKYO, "6 06 AM 6 6"),
        ("h hh a k K HH", WINTER, "12 12 AM 24 0 00"),
        ("h a", INDIA, "12 PM"),
        ("D DDD", INDIA, "2 002"),
        ("Q QQ QQQ QQQQ", TOKYO, "4 04 Q4 4th quarter"),
        ("YYYY-'W'ww", WINTER, "2025-W01"),
        ("YYYY-'W'w W e", TOKYO, "2026-W48 4 1"),
        ("S SSS SSSSSS n", TOKYO, "1 120 120000 120000000"),
        ("X XX XXX x xxx Z ZZZZZ O OOOO", TOKYO,
         "+09 +0900 +09:00 +09 +09:00 +0900 +09:00 GMT+9 GMT+09:00"),
        ("X XXX Z O", INDIA, "+0530 +05:30 +0530 GMT+5:30"),
        ("X XXX xxx Z ZZZZZ O", WINTER, "Z Z +00:00 +0000 Z GMT"),
        ("VV", TOKYO, "Asia/Tokyo"),
        ("z", TOKYO, "JST"),
        ("G GGGG", TOKYO, "AD Anno Domini"),
        ("A", INDIA, "43200000"),
        ("dd.MM.yyyy_=+", INDIA, "02.01.2021_=+"),
    ],
)  # fmt: skip
def test_texts(pattern: str, when: datetime, text: str) -> None:
    assert formatted(parse(pattern), when) == text


@pytest.mark.parametrize("pattern", ["J", "'open", "dd{", "#", "ddd", "MMMMMM", "aa", "DDDD"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(BadPattern):
        parse(pattern)
