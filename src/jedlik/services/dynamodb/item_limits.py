"""Limits of requests that carry several items (developer guide, "Service quotas")."""

BATCH_GET_ITEMS_MAX = 100
BATCH_GET_BYTES_MAX = 16_000_000
"""By item sizes. The API reference's example (52 of 100 items of 300 KB fit) means decimal MB."""

BATCH_WRITE_ITEMS_MAX = 25

TRANSACTION_BYTES_MAX = 4 << 20
"""The items of a transaction together, by item sizes."""
