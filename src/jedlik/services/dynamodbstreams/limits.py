"""Quotas of DynamoDB Streams (API reference of each operation)."""

LIST_STREAMS_MAX = 100
DESCRIBE_SHARDS_MAX = 100
GET_RECORDS_MAX = 1000
GET_RECORDS_BYTES_MAX = 1 << 20
"""Of the images of one answer; a record larger than that comes alone."""
ITERATOR_LIFE_MS = 15 * 60_000
