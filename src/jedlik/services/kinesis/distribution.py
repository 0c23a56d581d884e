"""Who distributes a stream's records to its shards: the service by itself, or partition keys."""

from __future__ import annotations

from jedlik.services.kinesis.errors import invalid


def check_distribution(mode: str, strategy: str | None) -> None:
    """Raises ApiError where a stream of that mode cannot have it (API reference)."""
    if strategy == "AUTO" and mode != "ON_DEMAND":  # unverified text
        raise invalid("RecordDistributionStrategy AUTO needs a stream in ON_DEMAND mode.")
