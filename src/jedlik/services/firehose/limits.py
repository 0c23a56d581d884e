"""Firehose's numbers (developer guide, "Amazon Data Firehose Quota"; the service's model)."""

from __future__ import annotations

KIB, MIB = 1024, 1 << 20

RECORD_BYTES_MAX = 1000 * KIB
BATCH_BYTES_MAX = 4 * MIB
STREAMS_MAX = 5000
LIST_STREAMS = 10
LIST_TAGS = 50
TAGS_MAX = 50

SIZE_MIB = 5
INTERVAL_S = 300
PARTITIONED_SIZE_MIB = 64
"""What a stream with dynamic partitioning has unless told otherwise, and its least."""
PREFIX_CHARACTERS_MAX = 512
PARTITIONS_MAX = 500
RETENTION_HOURS = 24
ENCRYPTION_CHANGES_MAX = 25
"""Of one stream in 24 hours: starts and stops together."""
DECOMPRESSED_BYTES_MAX = 32 * MIB
"""Of one record. Ours: a small record must not become any amount of memory."""

# What a stream takes in us-east-1, us-west-2 and eu-west-1 unless the quota is raised.
PUT_BYTES_PER_S = 5 * MIB
PUT_RECORDS_PER_S = 500_000
PUT_REQUESTS_PER_S = 2000
