"""Athena's limits, each with its unit and where AWS has it."""

from __future__ import annotations

QUERY_BYTES_MAX = 262_144
"""Of a query's text (user guide, Service Quotas)."""
ACTIVE_MAX = 200
"""Queries that run or wait, of an account (quotas: 20 DDL and 20 to 200 DML, by region)."""
RUNNING_MAX = 2
"""Queries that run at the same time, here; the others are QUEUED."""
RESULTS_MAX = 1000
"""Rows of a page of GetQueryResults (API reference)."""
HISTORY_MS = 45 * 24 * 3_600_000
"""How long queries are remembered (user guide, "View recent queries")."""
TOKEN_MS = HISTORY_MS
TAGS_MAX = 50
WORK_GROUPS_MAX = 1000
"""Of an account and region (user guide, Service Quotas)."""
FILES_MAX = 20_000
"""Objects that one query may read, here."""
SPILL_MB = 4096
"""What one query may put on the disk beside its memory, here."""
RETURNED_MAX = 8 << 20
"""Bytes of the answer of the engine's process, here."""
