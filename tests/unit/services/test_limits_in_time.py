"""Limits of so many changes in so much time, with the clock in hand."""

from __future__ import annotations

import pytest

from jedlik.api import ApiError
from jedlik.services.dynamodb.continuous_backups import earliest_restorable_ms
from jedlik.services.dynamodb.table_settings import with_stream, with_table_class
from jedlik.services.dynamodb.throughputs import (
    changed_throughput,
    check_switch_to_on_demand,
    decreases_today,
)
from jedlik.services.dynamodb.update_continuous_backups import with_recovery
from jedlik.services.dynamodb.update_time_to_live import with_ttl
from jedlik.tables.model import KeyAttribute, KeySchema, Table, Throughput

NOON_MS = 1_532_520_000_000  # Wednesday, July 25, 2018, 12:00 UTC
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def table() -> Table:
    return Table(
        account="000000000000",
        region="us-east-1",
        name="abc",
        keys=KeySchema((KeyAttribute("pk", "S"),)),
        attribute_types={"pk": "S"},
    )


def units(read: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": 1}


def refused(call, *arguments) -> tuple[str, str]:
    with pytest.raises(ApiError) as error:
        call(*arguments)
    return error.value.code, str(error.value.message)


def decreased(count: int) -> Throughput:
    now = Throughput(100, 1)
    for number in range(count):
        now = changed_throughput(now, units(99 - number), NOON_MS)
    return now


def test_the_fifth_decrease_waits_for_an_hour():
    four = decreased(4)
    soon = NOON_MS + HOUR_MS - 1
    assert refused(changed_throughput, four, units(1), soon) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given "
        "UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can "
        "be performed at most once every 3600 seconds. Number of decreases today: 4. Last "
        "decrease at Wednesday, July 25, 2018 12:00:00 PM UTC. Next decrease can be made at "
        "Wednesday, July 25, 2018 1:00:00 PM UTC",
    )
    assert changed_throughput(four, units(1), NOON_MS + HOUR_MS).decreases_today == 5


def test_the_count_of_decreases_begins_again_at_midnight():
    four = decreased(4)
    midnight = NOON_MS + 12 * HOUR_MS
    assert (decreases_today(four, midnight - 1), decreases_today(four, midnight)) == (4, 0)
    assert changed_throughput(four, units(1), midnight).decreases_today == 1


def test_an_increase_is_always_allowed():
    more = changed_throughput(decreased(4), units(1000), NOON_MS)
    assert (more.read_units, more.decreases_today) == (1000, 4)


def test_four_switches_to_on_demand_in_a_rolling_day():
    switches: list[int] = []
    for hour in range(4):
        switches = check_switch_to_on_demand(switches, NOON_MS + hour * HOUR_MS)
    code, text = refused(check_switch_to_on_demand, switches, NOON_MS + DAY_MS - 1)
    assert code == "LimitExceededException"
    assert text.endswith(
        "Last update at Wed Jul 25 15:00:00 UTC 2018. "
        "Next update can be made at Thu Jul 26 12:00:00 UTC 2018"
    )
    assert len(check_switch_to_on_demand(switches, NOON_MS + DAY_MS)) == 4


def test_two_changes_of_class_in_thirty_days(table):
    table = with_table_class(table, "STANDARD_INFREQUENT_ACCESS", NOON_MS)
    assert with_table_class(table, "STANDARD_INFREQUENT_ACCESS", NOON_MS) is table
    table = with_table_class(table, "STANDARD", NOON_MS + DAY_MS)
    code, _ = refused(with_table_class, table, "STANDARD_INFREQUENT_ACCESS", NOON_MS + 29 * DAY_MS)
    assert code == "LimitExceededException"
    later = with_table_class(table, "STANDARD_INFREQUENT_ACCESS", NOON_MS + 30 * DAY_MS)
    assert later.table_class == "STANDARD_INFREQUENT_ACCESS"


def test_time_to_live_changes_once_an_hour(table):
    on = {"Enabled": True, "AttributeName": "expires"}
    off = {"Enabled": False, "AttributeName": "expires"}
    table = with_ttl(table, on, NOON_MS)
    code, text = refused(with_ttl, table, off, NOON_MS + HOUR_MS - 1)
    assert (code, text) == (
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval",
    )
    table = with_ttl(table, off, NOON_MS + HOUR_MS)
    assert table.ttl is not None
    assert not table.ttl.enabled
    table = with_ttl(table, {**on, "AttributeName": "other"}, NOON_MS + 2 * HOUR_MS)
    assert table.ttl is not None
    assert table.ttl.attribute == "other"


def test_a_stream_label_is_never_given_twice(table):
    on = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    labels = []
    for _ in range(3):
        table = with_stream(table, on, NOON_MS)
        labels.append(table.latest_stream_label)
        table = with_stream(table, {"StreamEnabled": False}, NOON_MS)
    assert labels == [f"2018-07-25T12:00:00.00{number}" for number in range(3)]


def test_recovery_begins_again_after_it_was_off(table):
    table = with_recovery(table, {"PointInTimeRecoveryEnabled": True}, NOON_MS)
    table = with_recovery(table, {"PointInTimeRecoveryEnabled": False}, NOON_MS + 1)
    table = with_recovery(table, {"PointInTimeRecoveryEnabled": True}, NOON_MS + 2)
    assert table.recovery is not None
    assert table.recovery.since_ms == NOON_MS + 2


def test_a_longer_recovery_period_does_not_bring_back_what_a_shorter_one_let_go(table):
    def begins_ms(days: int, now_ms: int) -> int:
        nonlocal table
        wanted = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
        table = with_recovery(table, wanted, now_ms)
        return earliest_restorable_ms(table.recovery, now_ms)

    assert begins_ms(35, NOON_MS) == NOON_MS
    ten_later = NOON_MS + 10 * DAY_MS
    assert begins_ms(35, ten_later) == NOON_MS
    assert begins_ms(1, ten_later) == ten_later - DAY_MS
    assert begins_ms(35, ten_later) == ten_later - DAY_MS
    assert begins_ms(35, ten_later + DAY_MS) == ten_later - DAY_MS
