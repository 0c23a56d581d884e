"""The waist: what every storage engine offers and what everything above may rely on.

No engine knows what a table, an item or an index is. It keeps rows and a log:

    (space, token, sort, sub) -> (version, value)       rows, in memcmp order of their keys
    (space, part, seq)        -> record                 log; seq = 1, 2, 3 … per (space, part)
    space                     -> (rows, bytes)          tallies, kept in the same commit

All work is optimistic and one-shot: read, decide in Python, commit under guards, and try again
with the current row in hand on a conflict. No transaction stays open between calls.

What is visible when:

* A plain read sees exactly what is durable, and never less than an earlier read of this process.
* A read with `pending=True` also sees batches that still wait for their fsync. Whoever answers a
  client from it must first have a `commit` succeed: a commit returns only after everything that
  an earlier pending read could have seen is durable. A batch without writes is such a barrier.

This module imports nothing of ours. Engines: `memory.py`, `sqlite.py`, `postgres.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence, Set
from typing import NamedTuple, Protocol, TypeAlias, cast

from msgspec import Struct

Key: TypeAlias = tuple[int, bytes, bytes, bytes]
"""(space, token, sort, sub): space is a number ≥ 0 that is never used again after a drop; token
the 16-byte hash of the partition key; sort and sub compare as bytes."""

SPACES_PER_BLOCK = 64
"""Spaces with the same `space // SPACES_PER_BLOCK` belong together: an engine on several machines
keeps their rows of one token on one machine."""

ANY = -1
"""Expectation: whatever is there, or nothing."""
FENCE = -1
"""Instead of a write's index in a `Conflict`: it was a fence that did not hold."""
ABSENT = 0
"""Expectation: no row. Every other expectation is the exact version (≥ 1) of the row."""


class Row(NamedTuple):
    version: int
    value: bytes


class Entry(NamedTuple):
    """A row with its place, as `range` and `scan` list it."""

    token: bytes
    sort: bytes
    sub: bytes
    version: int
    value: bytes


class Page(NamedTuple):
    """`more` tells exactly whether an entry within the bounds follows the last one here."""

    entries: list[Entry]
    more: bool


class Put(NamedTuple):
    key: Key
    expect: int
    value: bytes


class Delete(NamedTuple):
    key: Key
    expect: int


class Keep(NamedTuple):
    """A guard without an action."""

    key: Key
    expect: int


Write: TypeAlias = Put | Delete | Keep


class Change(NamedTuple):
    """A record for the log of (space, part); the engine numbers it."""

    space: int
    part: int
    record: bytes


class Tally(NamedTuple):
    """Signed deltas to the counts that `stats(space)` answers."""

    space: int
    rows: int
    bytes: int


class Batch(NamedTuple):
    """All or nothing. Every row put gets `version`, a number ≥ 1 never used for another batch.

    All guards are checked against the state before the batch; if a key is written twice, the last
    write stands.

    fences: guards that very many batches hold at the same time, and next to none changes, so they
    do not keep each other waiting. Checked before the writes. Only for engines that are `shared`:
    in one process whoever changes such a row knows who depends on it.
    """

    version: int
    writes: Sequence[Write]
    changes: Sequence[Change] = ()
    tallies: Sequence[Tally] = ()
    fences: Sequence[Keep] = ()


class Conflict(Struct, frozen=True):
    """The first guard that did not hold, and the row that was there (perhaps still pending).
    index: the write's; FENCE for any fence."""

    index: int
    row: Row | None


class LogEntry(NamedTuple):
    seq: int
    record: bytes


class LogBounds(NamedTuple):
    """Sequence numbers of the oldest and newest entry kept; first = last + 1 when none is kept."""

    first: int
    last: int


class Stats(NamedTuple):
    """The sums of all tallies committed for a space."""

    rows: int
    bytes: int


class Health(NamedTuple):
    """`error` is the text of the last failed write, or None once a write succeeded again."""

    engine: str
    writable: bool
    error: str | None
    details: dict[str, int | str]


class StorageError(Exception):
    """An operating failure. Nothing of the batch was written, unless it is `Unknown`."""


class Unknown(StorageError):
    """The engine cannot tell whether the batch was written: read before trying again."""


class StorageFull(StorageError):
    """No space left. Writes succeed again by themselves once there is space."""


class StorageReadOnly(StorageError):
    """The folder or file may not be written."""


class StorageCorrupt(StorageError):
    """The files are damaged, or not ours."""


class StorageOutdated(StorageError):
    """This program, or a library that it uses, is too old for the files or to be trusted."""


class StorageClosed(StorageError):
    """The engine is closed, or being closed."""


class FolderLocked(StorageError):
    """Another process uses the folder."""


class SpaceDropped(StorageError):
    """A batch names a space that was dropped. Reads of such a space find nothing."""


def is_shared(engine: object) -> bool:
    """Whether other processes may change the store, too."""
    return bool(getattr(engine, "shared", False))


def is_behind(engine: object) -> bool:
    """Whether the engine has so much to do with what was written that work which can wait had
    better do so. Engines that know have an attribute `behind`."""
    return bool(getattr(engine, "behind", False))


def refuse_dropped(batch: Batch, dropped: Set[int]) -> None:
    """Raise SpaceDropped if a row, change or tally of the batch names one of these spaces."""
    named = [write[0][0] for write in batch.writes]
    named += [change[0] for change in batch.changes]
    named += [tally[0] for tally in batch.tallies]
    _refuse_dropped(named, dropped)


def refuse_dropped_put(space: int, change: Change | None, dropped: Set[int]) -> None:
    """Raise SpaceDropped if `put_seen` names one of these spaces."""
    _refuse_dropped([space] if change is None else [space, change.space], dropped)


def _refuse_dropped(named: Sequence[int], dropped: Set[int]) -> None:
    for space in named:
        if space in dropped:
            raise SpaceDropped(f"space {space} was dropped")


class Engine(Protocol):
    """One store. Its methods are called from one event loop; none may be called after `close`.

    On embedded engines reads complete without suspending. An engine whose store other processes
    change, too, has an attribute `shared` that is true (`is_shared`).
    """

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        """The row of one key: the hot path."""

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        """The rows of `keys`, in their order; of one moment if `snapshot`."""

    async def range(
        self,
        space: int,
        token: bytes,
        low: bytes | None,
        high: bytes | None,
        *,
        low_open: bool = False,
        high_open: bool = False,
        reverse: bool = False,
        after: tuple[bytes, bytes] | None = None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        """Durable rows of one token in order of (sort, sub), or the reverse; of one moment.

        `low` and `high` bound sort inclusively unless open; None is no bound. `after` is the
        (sort, sub) of the last entry already seen, in either direction. Values beyond the first
        are added only while their bytes together stay within `byte_limit`.
        """

    async def scan(
        self,
        space: int,
        token_low: bytes,
        token_high: bytes | None,
        *,
        after: tuple[bytes, bytes, bytes] | None = None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        """Durable rows with token_low ≤ token < token_high (None: to the end), in key order.

        `after` is the (token, sort, sub) of the last entry already seen. Limits as in `range`.
        """

    async def commit(self, batch: Batch) -> Conflict | None:
        """Write all of `batch`, or nothing and say which guard failed. Durable when it returns.

        Raises Unknown, StorageFull, StorageReadOnly, StorageCorrupt, SpaceDropped, StorageClosed
        or another StorageError. Cancelling the caller does not take a batch back.
        """

    async def log_read(
        self, space: int, part: int, after: int, limit: int, *, byte_limit: int = 4 << 20
    ) -> list[LogEntry]:
        """Up to `limit` durable entries with seq > after. Only an empty list means the end:
        after the first entry, `byte_limit` may cut the list short."""

    async def log_bounds(self, space: int, part: int) -> LogBounds:
        """What the log of (space, part) still keeps; (1, 0) if nothing was ever written."""

    async def log_trim(self, space: int, part: int, upto: int) -> None:
        """Forget entries with seq ≤ upto. Numbering goes on where it was."""

    async def space_create(self, space: int) -> None:
        """Make ready for rows. Raises SpaceDropped for a number that was dropped."""

    async def space_drop(self, space: int) -> None:
        """Forget the rows, log and tallies of `space`: at once for readers, durably when this
        returns; the room is freed afterwards in small steps. Harmless if there is nothing."""

    async def stats(self, space: int) -> Stats:
        """The durable tallies of `space`."""

    async def version_floor(self) -> int:
        """A number that no version committed so far exceeds: a process that begins above it uses
        none twice, whatever its clock says."""

    async def health(self) -> Health:
        """Whether writes succeed, and figures for the operator."""

    async def close(self) -> None:
        """Finish what is queued, then let go of files and threads. Harmless when repeated."""


class Embedded(Engine, Protocol):
    """An engine of this process alone: what is read and written within one step of the loop needs
    no guard, for nobody can come between. Its class has an attribute `embedded` that is true.

    These do what `get_one(pending=True)` and `commit` do for the commonest write, without
    coroutines and batches.
    """

    embedded: bool

    def peek(self, key: Key) -> Row | None:
        """The row of a key, pending or durable."""

    def put_seen(
        self,
        key: Key,
        version: int,
        value: bytes,
        rows: int,
        size: int,
        change: Change | None = None,
    ) -> Awaitable[None] | None:
        """Put a row whose key was looked at by `peek` in this step of the loop, and what is added
        to a log with it; `rows` and `size` are what the tally of its space changes by. To be
        awaited until it is durable; None if it is. Raises as `commit` does."""


def embedded(engine: Engine) -> Embedded | None:
    """The engine, if its own class says that it is embedded: not one that wraps or extends such an
    engine, whose `commit` may do more."""
    return cast(Embedded, engine) if vars(type(engine)).get("embedded", False) else None
