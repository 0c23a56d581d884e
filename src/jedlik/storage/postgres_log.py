"""The log: from the inbox, where writers leave their changes, to numbered entries.

A writer appends to `inbox` in the statement of its commit; a number that it took there could be
seen before a smaller one of a slower writer. Whoever reads a log first moves what lies in its
inbox, in one statement: delete, take that many numbers from `seqs`, insert in the order of
(version, n). Any number of processes may do so at once: each row is deleted by one of them, the
row in `seqs` puts them in a line, and a change of an item is committed before its successor begins,
so that nobody finds the later of the two without the earlier.
"""

from __future__ import annotations

from jedlik.storage.postgres_parts import Parts
from jedlik.storage.postgres_pool import Connection
from jedlik.storage.waist import LogBounds, LogEntry

MOVED_AT_ONCE = 2000
TRIMMED_AT_ONCE = 5000

_HERE = "part = $1 AND space = $2 AND lane = $3"
_BEGIN = (
    "INSERT INTO seqs (part, space, lane, next) VALUES ($1, $2, $3, 1)"
    " ON CONFLICT (part, space, lane) DO NOTHING"
)
_MOVE = f"""WITH first AS MATERIALIZED (SELECT ver, n FROM inbox WHERE {_HERE} ORDER BY ver, n
    LIMIT {MOVED_AT_ONCE}),
gone AS (DELETE FROM inbox USING first WHERE inbox.part = $1 AND inbox.space = $2
    AND inbox.lane = $3 AND inbox.ver = first.ver AND inbox.n = first.n
    AND EXISTS (SELECT 1 FROM seqs WHERE {_HERE}) RETURNING inbox.ver, inbox.n, inbox.rec),
numbers AS (UPDATE seqs SET next = next + (SELECT count(*) FROM gone) WHERE {_HERE}
    AND EXISTS (SELECT 1 FROM gone) RETURNING next - (SELECT count(*) FROM gone) AS first),
added AS (INSERT INTO log (part, space, lane, seq, rec)
    SELECT $1, $2, $3, numbers.first + row_number() OVER (ORDER BY gone.ver, gone.n) - 1, gone.rec
    FROM gone, numbers RETURNING 1)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM first)"""
_READ = f"""SELECT waiting.some, near.seq, near.rec, near.used, near.size
FROM (SELECT EXISTS (SELECT 1 FROM inbox WHERE {_HERE}) AS some) AS waiting LEFT JOIN LATERAL
    (SELECT seq, rec, size, sum(size) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS used
    FROM (SELECT seq, rec, octet_length(rec) AS size FROM log WHERE {_HERE} AND seq > $4
        ORDER BY seq LIMIT $5) AS l) AS near ON near.used <= $6 OR near.used = near.size
ORDER BY near.seq"""
_BOUNDS = f"""SELECT EXISTS (SELECT 1 FROM inbox WHERE {_HERE}),
    (SELECT seq FROM log WHERE {_HERE} ORDER BY seq LIMIT 1),
    (SELECT next FROM seqs WHERE {_HERE})"""
_TRIM = f"""WITH gone AS (DELETE FROM log WHERE {_HERE} AND seq <= $4 AND seq <
    (SELECT min(seq) FROM log WHERE {_HERE}) + {TRIMMED_AT_ONCE} RETURNING 1)
SELECT count(*) FROM gone"""


async def read(
    connection: Connection,
    parts: Parts,
    space: int,
    lane: int,
    after: int,
    *,
    limit: int,
    byte_limit: int,
) -> list[LogEntry]:
    """Entries behind `after`, what lies in the inbox included."""
    here = (parts.of_log(space, lane), space, lane)
    while True:
        found = await connection.fetch(_READ, *here, after, limit, byte_limit)
        entries = [LogEntry(row[1], row[2]) for row in found if row[1] is not None]
        if entries or not found[0][0]:
            return entries
        await move(connection, *here)


async def bounds(connection: Connection, parts: Parts, space: int, lane: int) -> LogBounds:
    """Of everything committed until now."""
    here = (parts.of_log(space, lane), space, lane)
    while True:
        waiting, first, following = await connection.fetchrow(_BOUNDS, *here)
        if not waiting:
            following = following or 1
            return LogBounds(following if first is None else first, following - 1)
        await move(connection, *here)


async def trim(connection: Connection, parts: Parts, space: int, lane: int, upto: int) -> None:
    """In pieces, the oldest first; who reads meanwhile sees a log trimmed less far."""
    if upto < 1:
        return
    here = (parts.of_log(space, lane), space, lane)
    await bounds(connection, parts, space, lane)
    while await connection.fetchval(_TRIM, *here, upto):
        pass


async def move(connection: Connection, part: int, space: int, lane: int) -> None:
    """Number what lies in the inbox; several may do so at once."""
    while True:
        added, found = await connection.fetchrow(_MOVE, part, space, lane)
        if added == 0 and found > 0:
            # Nobody numbered anything here yet, or somebody else is just doing it.
            await connection.execute(_BEGIN, part, space, lane)
        elif found < MOVED_AT_ONCE:
            return
