"""How long records may be kept."""

from __future__ import annotations

from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.limits import RETENTION_HOURS_MAX, RETENTION_HOURS_MIN


def check_hours(hours: int) -> None:
    """Raises InvalidArgumentException."""
    if hours < RETENTION_HOURS_MIN:
        raise invalid(
            f"Minimum allowed retention period is {RETENTION_HOURS_MIN} hours. Requested "
            f"retention period ({hours} hours) is too short."
        )
    if hours > RETENTION_HOURS_MAX:
        raise invalid(
            f"Maximum allowed retention period is {RETENTION_HOURS_MAX} hours. Requested "
            f"retention period ({hours} hours) is too long."
        )
