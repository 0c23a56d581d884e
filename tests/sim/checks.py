"""The whole store against the model: tables, indexes, collections, tallies, logs, tokens."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from jedlik.changes.record import decode_record
from jedlik.storage.waist import Engine, Entry, LogEntry, Stats
from jedlik.tables.catalog import SYSTEM_SPACE, _decode_table, _tables_token
from jedlik.tables.client_tokens import ClientToken, _token_key
from jedlik.tables.database import TOKENS_SPACE
from jedlik.tables.expiry import read_entry
from jedlik.tables.model import Index, Table
from jedlik.tables.stored import Stored
from jedlik.values import encode_key, encode_key_tuple, item_size
from tests.sim.model import Item, Model, ModelTable, Place, place_of, token_of

ACCOUNT, REGION = "1", "r"
ALL: Any = {"item_limit": 1_000_000, "byte_limit": 1 << 40}


async def check_store(engine: Engine, model: Model, trims: dict[tuple[int, int], int]) -> None:
    """Raise AssertionError for the first thing in `engine` that is not as the model has it.

    `trims`: up to which sequence number somebody asked to forget the log of a (log space, part).
    """
    tables = await stored_tables(engine)
    assert tables == {name: t.table for name, t in model.tables.items()}, "catalog"
    for table in model.tables.values():
        await check_items(engine, table)
        for index in table.table.indexes:
            await check_index(engine, table, index)
        await check_collections(engine, table)
        await check_expiries(engine, table)
        for part in range(table.table.parts):
            await check_log(engine, table, part, trims.get((table.table.log_space, part), 0))
    for token, (fingerprint, _) in model.tokens.items():
        row = await engine.get_one(_token_key(ClientToken(f"{ACCOUNT}|{REGION}", token, b"")))
        assert row is not None and row.value[8:] == fingerprint, f"client token {token}"
    page = await engine.scan(TOKENS_SPACE, b"", None, **ALL)
    assert len(page.entries) == len(model.tokens), "client tokens"


async def stored_tables(engine: Engine) -> dict[str, Table]:
    page = await engine.range(SYSTEM_SPACE, _tables_token(ACCOUNT, REGION), None, None, **ALL)
    return {entry.sort.decode(): _decode_table(entry.value) for entry in page.entries}


async def check_items(engine: Engine, table: ModelTable) -> None:
    name = table.table.name
    page = await engine.scan(table.table.space, b"", None, **ALL)
    found = {place_of(table.table, item): item for item in items_of(page.entries)}
    assert found == table.items, f"items of {name}: {differences(found, table.items)}"
    assert len(page.entries) == len(found), f"items of {name} stored twice"
    for entry, item in zip(page.entries, items_of(page.entries), strict=True):
        assert entry.token == token_of(place_of(table.table, item)), f"token of {item}"
        assert Stored(0, entry.value).size == item_size(item), f"size of {item}"
    await check_tally(engine, table.table.space, page.entries, name)


async def check_index(engine: Engine, table: ModelTable, index: Index) -> None:
    """Both ways; while a backfill is under way the index may still lack entries."""
    name = f"{table.table.name}.{index.name}"
    page = await engine.scan(index.space, b"", None, **ALL)
    items = items_of(page.entries)
    found = {place_of(table.table, item): item for item in items}
    wanted = table.entries(index)
    if index.backfilling:
        wanted = {place: item for place, item in wanted.items() if place in found}
    assert found == wanted, f"entries of {name}: {differences(found, wanted)}"
    assert len(page.entries) == len(found), f"entries of {name} stored twice"
    for entry, item in zip(page.entries, items, strict=True):
        token, sort = index_place(index, item)
        assert (entry.token, entry.sort) == (token, sort), f"{name}: place of {item}"
        assert Stored(0, entry.value).size == item_size(item), f"{name}: size of {item}"
    await check_tally(engine, index.space, page.entries, name)


async def check_tally(engine: Engine, space: int, entries: list[Entry], name: str) -> None:
    stats = await engine.stats(space)
    counted = Stats(len(entries), sum(Stored(0, entry.value).size for entry in entries))
    assert stats == counted, f"tally of {name}: {stats}, counted {counted}"


async def check_collections(engine: Engine, table: ModelTable) -> None:
    page = await engine.scan(table.table.collection_space, b"", None, **ALL)
    # Stores that processes share keep a table's fences there, too (`tables/catalog.py`).
    found = {
        entry.token: int.from_bytes(entry.value, "big") for entry in page.entries if not entry.sub
    }
    if not any(index.kind == "local" for index in table.table.indexes):
        assert not found, f"collections of {table.table.name}"
        return
    partitions = sorted({place[0] for place in table.items})
    wanted = {token_of((name, None)): table.collection_size(name) for name in partitions}
    found = {token: size for token, size in found.items() if size or token in wanted}
    assert found == wanted, f"collections of {table.table.name}: {found}, not {wanted}"


async def check_expiries(engine: Engine, table: ModelTable) -> None:
    """One entry for every item with a time to live, in order of time."""
    ttl = table.table.ttl
    if ttl is None:
        return
    page = await engine.scan(ttl.space, b"", None, **ALL)
    found = {read_entry(entry.sort, entry.sub) for entry in page.entries}
    wanted = {
        (int(item[ttl.attribute]["N"]), table.table.key_of(item))
        for item in table.items.values()
        if int(item.get(ttl.attribute, {}).get("N", 0)) > 0
    }
    assert found == wanted, f"expiries of {table.table.name}"


async def check_log(engine: Engine, table: ModelTable, part: int, trim_asked: int) -> None:
    """What is left of the log is the end of what was logged, in order, with growing versions."""
    name = f"log {table.table.name}/{part}"
    logged = table.logs.get(part, [])
    first, last = await engine.log_bounds(table.table.log_space, part)
    assert last == len(logged), f"{name} ends at {last}, not {len(logged)}"
    assert 1 <= first <= min(trim_asked, last) + 1, f"{name} starts at {first}"
    entries = await engine.log_read(table.table.log_space, part, 0, 1_000_000)
    check_records(entries, logged, first, name)
    versions: dict[Place, int] = {}
    for entry in entries:
        record = decode_record(entry.record)
        image = record.new or record.old
        assert image is not None, f"{name}: a record of nothing"
        place = place_of(table.table, Stored(0, image).item)
        assert versions.get(place, 0) < record.version, f"{name}: versions of {place} go back"
        versions[place] = record.version


def check_records(
    entries: list[LogEntry],
    logged: list[tuple[Item | None, Item | None]],
    first: int,
    name: str,
) -> None:
    """`entries` are `logged` from sequence number `first` on, as far as they go."""
    for seq, entry in enumerate(entries, first):
        assert entry.seq == seq, f"{name}: {entry.seq} where {seq} should be"
        assert images(entry) == logged[seq - 1], f"{name}: record {seq}"


def images(entry: LogEntry) -> tuple[Item | None, Item | None]:
    record = decode_record(entry.record)
    old, new = (Stored(0, i).item if i is not None else None for i in (record.old, record.new))
    return old, new


def index_place(index: Index, item: Item) -> tuple[bytes, bytes]:
    """Where an item stands in an index, by the documented layout."""
    keys = [[item[key.name] for key in keys] for keys in (index.keys.partition, index.keys.sort)]
    partition, sort = (
        encode_key(values[0]) if len(values) == 1 else encode_key_tuple(values) for values in keys
    )
    return blake2b(partition, digest_size=16).digest(), sort


def items_of(entries: list[Entry]) -> list[Item]:
    return [Stored(entry.version, entry.value).item for entry in entries]


def differences(found: dict[Place, Item], wanted: dict[Place, Item]) -> str:
    told = []
    for place in sorted({*found, *wanted}, key=repr):
        if found.get(place) != wanted.get(place):
            told.append(f"{place}: {found.get(place)} instead of {wanted.get(place)}")
    return "; ".join(told)
