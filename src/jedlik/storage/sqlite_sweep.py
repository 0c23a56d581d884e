"""One step of a sweep: delete a little of what nobody can see any more.

A step is bounded in rows and bytes, so that a write that waits behind it waits a millisecond or
two. A crash between steps costs nothing: `drops` and `streams` say what is still to be done.
"""

from __future__ import annotations

import apsw

from jedlik.storage.sqlite_files import SEQ_BITS

_ROWS_MAX = 200
_BYTES_MAX = 1 << 20

_SPACE_HEAD = (
    "SELECT length(val), token, sort, sub FROM kv WHERE space = ? ORDER BY token, sort, sub LIMIT ?"
)
_SPACE_DELETE = "DELETE FROM kv WHERE space = ? AND (token, sort, sub) <= (?, ?, ?)"
_LOG_HEAD = "SELECT length(record), id FROM log WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"


def sweep_space(connection: apsw.Connection, space: int) -> bool:
    """True when nothing of the space is left."""
    last = _last_of_step(connection, _SPACE_HEAD, (space, _ROWS_MAX))
    if last is not None:
        connection.execute(_SPACE_DELETE, (space, *last))
        return False
    stream = connection.execute("SELECT min(number) FROM streams WHERE space = ?", (space,)).get
    if stream is not None:
        if _sweep_log(connection, stream, (1 << SEQ_BITS) - 1):
            connection.execute("DELETE FROM streams WHERE number = ?", (stream,))
        return False
    connection.execute("DELETE FROM tallies WHERE space = ?", (space,))
    connection.execute("DELETE FROM drops WHERE space = ?", (space,))
    return True


def sweep_stream(connection: apsw.Connection, stream: int) -> bool:
    """True when nothing of the stream's trimmed part is left."""
    found = connection.execute("SELECT trimmed FROM streams WHERE number = ?", (stream,)).get
    if found is None:
        return True  # its space was dropped meanwhile
    if not _sweep_log(connection, stream, found):
        return False
    connection.execute("UPDATE streams SET swept = ? WHERE number = ?", (found, stream))
    return True


def unfinished(connection: apsw.Connection) -> tuple[list[int], list[int]]:
    """(spaces, streams) that still have something to sweep."""
    spaces = [row[0] for row in connection.execute("SELECT space FROM drops")]
    streams = [
        row[0]
        for row in connection.execute(
            "SELECT number FROM streams WHERE swept < trimmed"
            " AND space NOT IN (SELECT space FROM drops)"
        )
    ]
    return spaces, streams


def _sweep_log(connection: apsw.Connection, stream: int, upto: int) -> bool:
    base = stream << SEQ_BITS
    last = _last_of_step(connection, _LOG_HEAD, (base, base + upto, _ROWS_MAX))
    if last is None:
        return True
    connection.execute("DELETE FROM log WHERE id > ? AND id <= ?", (base, *last))
    return False


def _last_of_step(
    connection: apsw.Connection, sql: str, bindings: tuple[int, ...]
) -> tuple[int | bytes, ...] | None:
    """The key of the last row that this step may delete, or None if there is no row."""
    last = None
    room = _BYTES_MAX
    cursor = connection.execute(sql, bindings)
    for size, *key in cursor:
        last = tuple(key)
        room -= size
        if room <= 0:
            break
    cursor.close()
    return last
