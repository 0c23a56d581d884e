"""When a stored scheduled action is due next."""

from __future__ import annotations

from datetime import UTC, datetime

from jedlik.services.applicationautoscaling.records import ScheduledRecord
from jedlik.services.applicationautoscaling.schedules import parse_schedule


def next_due_ms(action: ScheduledRecord, after_ms: int) -> int:
    """The first time after one, within StartTime and EndTime; 0 if there is none. Raises
    BadSchedule."""
    begin_ms = action.start_ms if action.start_ms is not None else action.created_ms
    schedule = parse_schedule(action.schedule, action.zone, _utc(begin_ms))
    # A time that is StartTime itself counts.
    after_ms = max(after_ms, begin_ms - 1 if action.start_ms is not None else after_ms)
    found = schedule.next_after(_utc(after_ms))
    if found is None:
        return 0
    due_ms = int(found.timestamp() * 1000)
    return 0 if action.end_ms is not None and due_ms > action.end_ms else due_ms


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
