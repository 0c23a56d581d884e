"""The tables of a PostgreSQL store, and how an older store becomes a newer one.

    kv(part, space, token, sort, sub) -> ver, val          the rows
    inbox(part, space, lane, ver, n) -> rec                changes not numbered yet; lane = the
    seqs(part, space, lane) -> next                        waist's part of a log
    log(part, space, lane, seq) -> rec                     changes, numbered
    tallies(part, space, ver, n) -> rows, bytes            deltas; now and then summed into one
    graves(part, space) -> at_ms, swept                    dropped spaces, a row per part
    meta(name) -> value                                    schema, parts, ceiling of versions, nodes
    moving(name) -> value                                  only in the target of an unfinished move

All but the last two are distributed by `part` on Citus. `part` follows from space and token, so it
may stand last in the key of `kv`: then a scan of a space is one stretch of the index.
"""

from __future__ import annotations

import asyncpg

from jedlik.storage.postgres_address import Address
from jedlik.storage.postgres_pool import Connection
from jedlik.storage.waist import StorageError, StorageOutdated

SERVER_MIN = 150000
_LOCK = 0x6A65646C696B  # "jedlik": two processes that start at once migrate one after the other

DISTRIBUTED = ("kv", "inbox", "seqs", "log", "tallies", "graves")

_CHURNED = """WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 1)"""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE kv (part int8 NOT NULL, space int8 NOT NULL, token bytea NOT NULL,
    sort bytea NOT NULL, sub bytea NOT NULL, ver int8 NOT NULL, val bytea NOT NULL,
    PRIMARY KEY (space, token, sort, sub, part)) WITH (fillfactor = 85)""",
        f"""CREATE TABLE inbox (part int8 NOT NULL, space int8 NOT NULL, lane int8 NOT NULL,
    ver int8 NOT NULL, n int4 NOT NULL, rec bytea NOT NULL,
    PRIMARY KEY (part, space, lane, ver, n)) {_CHURNED}""",
        """CREATE TABLE seqs (part int8 NOT NULL, space int8 NOT NULL, lane int8 NOT NULL,
    next int8 NOT NULL, PRIMARY KEY (part, space, lane)) WITH (fillfactor = 50)""",
        """CREATE TABLE log (part int8 NOT NULL, space int8 NOT NULL, lane int8 NOT NULL,
    seq int8 NOT NULL, rec bytea NOT NULL, PRIMARY KEY (part, space, lane, seq))""",
        f"""CREATE TABLE tallies (part int8 NOT NULL, space int8 NOT NULL, ver int8 NOT NULL,
    n int4 NOT NULL, rows int8 NOT NULL, bytes int8 NOT NULL,
    PRIMARY KEY (space, part, ver, n)) {_CHURNED}""",
        """CREATE TABLE graves (part int8 NOT NULL, space int8 NOT NULL, at_ms int8 NOT NULL,
    swept bool NOT NULL, PRIMARY KEY (part, space))""",
    ),
)
"""Each makes the next version of the schema out of the one before it; none is ever changed."""


class Made:
    """What `prepare` found or made."""

    def __init__(self, *, parts: int, is_new: bool, has_citus: bool) -> None:
        self.parts = parts
        self.is_new = is_new
        self.has_citus = has_citus


async def prepare(connection: Connection, address: Address, *, moving: bool = False) -> Made:
    """Make the schema, or bring it up to date. Raises StorageOutdated, or a driver's fault.

    moving: for a move, which alone may have the target of an unfinished one.
    """
    number = connection.get_server_version()
    if number.major * 10000 + number.minor < SERVER_MIN:
        raise StorageOutdated(
            f"{address.shown} runs PostgreSQL {number.major}; Jedlik needs 15 or newer"
        )
    has_citus = await connection.fetchval("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
    distribute = address.dialect != "plain" and bool(has_citus)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        there = await connection.fetchval(
            "SELECT 1 FROM pg_namespace WHERE nspname = $1", address.schema
        )
        if not there:
            await connection.execute(f"CREATE SCHEMA {address.schema}")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS meta (name text PRIMARY KEY, value int8 NOT NULL)"
        )
        if not moving and await is_moving(connection, address):
            raise StorageError(
                f"{address.shown} is the target of an unfinished `jedlik migrate`: run that again,"
                f" or drop the schema {address.schema}"
            )
        stored = await connection.fetchval("SELECT value FROM meta WHERE name = 'schema'") or 0
        if stored > len(MIGRATIONS):
            raise StorageOutdated(
                f"{address.shown} was made by a newer Jedlik (schema {stored}; this one knows "
                f"{len(MIGRATIONS)})"
            )
        for migration in MIGRATIONS[stored:]:
            for statement in migration:
                await connection.execute(statement)
        if stored == 0:
            await _begin(connection, address, distribute=distribute)
        if stored != len(MIGRATIONS):
            await connection.execute(
                "UPDATE meta SET value = $1 WHERE name = 'schema'", len(MIGRATIONS)
            )
        parts = await connection.fetchval("SELECT value FROM meta WHERE name = 'parts'")
    return Made(parts=parts, is_new=stored == 0, has_citus=bool(has_citus))


async def _begin(connection: Connection, address: Address, *, distribute: bool) -> None:
    await connection.executemany(
        "INSERT INTO meta (name, value) VALUES ($1, $2)",
        [("schema", 0), ("parts", address.parts), ("ceiling", 0), ("nodes", 0)],
    )
    compressions = await connection.fetchval(
        "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
    )
    if compressions and "lz4" in compressions:  # several times faster than the server's default
        for table, column in (("kv", "val"), ("log", "rec"), ("inbox", "rec")):
            await connection.execute(f"ALTER TABLE {table} ALTER {column} SET COMPRESSION lz4")
    if distribute:
        await connection.execute("SELECT create_reference_table('meta')")
        await connection.execute("SELECT create_distributed_table('kv', 'part')")
        for table in DISTRIBUTED[1:]:
            await connection.execute(
                f"SELECT create_distributed_table('{table}', 'part', colocate_with => 'kv')"
            )


async def is_moving(connection: Connection, address: Address) -> bool:
    """Whether the store is the target of an unfinished move."""
    found = await connection.fetchval(
        "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'moving'", address.schema
    )
    return found is not None


async def next_node(connection: Connection) -> int:
    """A number for this process that the last thousand processes did not have."""
    found: int = await connection.fetchval(
        "UPDATE meta SET value = value + 1 WHERE name = 'nodes' RETURNING value"
    )
    return found % 1024


async def ceiling(connection: Connection) -> int:
    """No version used so far exceeds this."""
    found: int = await connection.fetchval("SELECT value FROM meta WHERE name = 'ceiling'")
    return found


async def raise_ceiling(connection: Connection, to: int) -> int:
    """From now on versions up to `to` may be used; returns how high it is."""
    found: int = await connection.fetchval(
        "UPDATE meta SET value = GREATEST(value, $1) WHERE name = 'ceiling' RETURNING value", to
    )
    return found


async def drop_schema(connection: Connection, schema: str) -> None:
    """Everything of a store; for tests."""
    try:
        await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    except asyncpg.InvalidSchemaNameError:
        pass
