"""Quotas of DynamoDB's table operations (developer guide, "Service, account, and table quotas").

Those of items and keys live with the code that counts them: `tables/keys.py`,
`tables/item_writes.py`, `values/`.
"""

from jedlik.tables.throughput.flows import TABLE_UNITS_MAX as TABLE_QUOTA

UNITS_MAX = 1_000_000_000_000
"""Largest capacity number a request may name; larger ones are "out of bounds" (dynalite)."""
TABLE_UNITS_MAX = TABLE_QUOTA
"""Read or write units a second of one table, as DescribeLimits tells."""
ACCOUNT_UNITS_MAX = 80_000
"""Read or write units a second of all tables of an account and region."""

TABLE_KEYS_MAX = 2
INDEX_PARTITION_KEYS_MAX = 4
"""Partition attributes of a global index (multi-attribute keys, 2025)."""
INDEX_SORT_KEYS_MAX = 4
LOCAL_INDEXES_MAX = 5
GLOBAL_INDEXES_MAX = 20
INCLUDED_ATTRIBUTES_MAX = 100
"""NonKeyAttributes of all indexes of a table with projection INCLUDE together."""

DECREASES_FREE_PER_DAY = 4
"""Throughput decreases in a UTC day before one an hour is the rule."""
DECREASE_INTERVAL_S = 3600
SWITCHES_TO_ON_DEMAND_MAX = 4
"""Switches from PROVISIONED to PAY_PER_REQUEST in a rolling day (since 2024; one before)."""
SWITCH_WINDOW_S = 24 * 3600
TABLE_CLASS_CHANGES_MAX = 2
TABLE_CLASS_WINDOW_S = 30 * 24 * 3600
TTL_INTERVAL_S = 3600
"""TTL settings may change once in this time (developer guide: "up to one hour")."""

TAGS_MAX = 50
POLICY_BYTES_MAX = 20 * 1024
"""A resource-based policy, whitespace included."""
RECOVERY_DAYS_DEFAULT = 35

# How much of an account goes on at once in a region: `concurrency.py`.
TABLE_OPERATIONS_MAX = 500
"""Tables being created, updated or deleted."""
INDEXED_CREATIONS_MAX = 250
"""Tables with secondary indexes being created (API reference, LimitExceededException)."""
RESTORES_MAX = 50
"""Of any type (API reference, RestoreTableToPointInTime)."""
RESTORE_BYTES_MAX = 50 << 40
"""Of the backups that are being restored."""
IMPORTS_MAX = 50
IMPORT_OBJECTS_MAX = 50_000
"""Of one import (developer guide, "Best practices for importing from Amazon S3")."""
IMPORT_BYTES_MAX = 1 << 40
IMPORT_BYTES_MAX_IN = dict.fromkeys(("us-east-1", "us-west-2", "eu-west-1"), 15 << 40)
"""Of the source objects of all imports, as they are in S3; in other regions IMPORT_BYTES_MAX."""
EXPORTS_MAX = 300
EXPORT_BYTES_MAX = 100 << 40
"""Of the tables that are being exported."""

LIST_TABLES_MAX = 100
LIST_BACKUPS_MAX = 100
LIST_INSIGHTS_MAX = 100
