"""Kinesis' numbers (developer guide, "Quotas and limits"; the service's model)."""

from __future__ import annotations

KIB, MIB = 1024, 1 << 20
HASH_KEYS = 1 << 128

SHARDS_MAX = 500  # of one account in one region; a quota that AWS raises on request
ON_DEMAND_STREAMS_MAX = 50
ON_DEMAND_SHARDS = 4
ON_DEMAND_SHARDS_MAX = 200  # 200 MB a second, the quota that AWS raises on request
ON_DEMAND_PEAK_DAYS = 30
ON_DEMAND_ROOM = 2  # "accommodates up to double the peak" (developer guide, capacity modes)
HOT_BYTES_PER_S = 500 * KIB  # of one shard of a stream on demand, which then is split
HOT_RECORDS_PER_S = 500  # unverified: the guide tells of bytes only
HOT_AGE_MS = 15 * 60_000  # "within 15 minutes"
MODE_CHANGES_MAX = 2  # in 24 hours
RESCALES_MAX = 10  # by UpdateShardCount, in 24 hours (API reference)
PUT_BYTES_MAX = 10 * MIB
GET_BYTES_MAX = 10 * MIB
GET_RECORDS_MAX = 10_000
DESCRIBE_SHARDS = 100
LIST_SHARDS = 1000
LIST_STREAMS = 100
LIST_CONSUMERS = 100
CONSUMERS_MAX = 20
TAGS_MAX = 50
POLICY_BYTES_MAX = 20 * KIB  # unverified

RETENTION_HOURS_MIN = 24
RETENTION_HOURS_MAX = 8760

WRITE_RECORDS_PER_S = 1000
WRITE_BYTES_PER_S = MIB
READ_CALLS_PER_S = 5
READ_BYTES_PER_S = 2 * MIB

ITERATOR_LIFE_MS = 300_000
SUBSCRIPTION_S = 300.0
SUBSCRIPTION_YOUNG_S = 5.0  # for so long nobody takes its place
EVENT_RECORDS_MAX = 1000
EVENT_BYTES_MAX = MIB
EVENT_REST_S = 5.0  # so often a subscriber hears that there is nothing
