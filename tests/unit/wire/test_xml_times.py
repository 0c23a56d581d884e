"""Times in documents, queries and headers of S3: read only where they can be told again."""

from __future__ import annotations

import pytest

from jedlik.wire.xml import NotValid, http_date, iso_date, read_time


@pytest.mark.parametrize(
    ("text", "time_s"),
    [
        ("1970-01-01T00:00:01Z", 1),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("9999-12-31T23:59:59+23:00", 253_402_217_999),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 1),
    ],
)
def test_times_are_told_again(text: str, time_s: float) -> None:
    assert read_time(text) == time_s
    assert iso_date(time_s).endswith("Z") and http_date(time_s).endswith("GMT")


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59-23:00",
        "0001-01-01T00:00:00+23:00",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "Thu, 01 Jan 99999 00:00:00 GMT",
        "0000-01-01T00:00:00Z",
        "",
    ],
)
def test_times_beyond_all_years(text: str) -> None:
    with pytest.raises(NotValid):
        read_time(text)
