"""get_one, get, range and scan."""

from __future__ import annotations

import itertools

import pytest

from jedlik.storage.waist import ANY, Engine, Page, Put, Row
from tests.contract.rows import ALL, batch, key, put, token

SORTS = [b"", b"\x00", b"a", b"a\x00", b"a\x00\xff", b"ab", b"b", b"\xff", b"\xff\xff"]


def sorts(page: Page) -> list[bytes]:
    return [entry.sort for entry in page.entries]


@pytest.fixture
async def sorted_rows(engine: Engine) -> Engine:
    """One row per sort key in SORTS, written out of order, with neighbours all around."""
    shuffled = SORTS[::2] + SORTS[1::2]
    rows = [Put(key("p", sort), ANY, b"<" + sort + b">") for sort in shuffled]
    near = token("p")[:-1]
    rows += [Put((1, near + bytes([last]), b"a", b""), ANY, b"near") for last in (0, 255)]
    rows += [Put((space, token("p"), b"a", b""), ANY, b"other") for space in (0, 2)]
    assert await engine.commit(batch(*rows)) is None
    return engine


async def test_a_row_never_written_is_none(engine: Engine) -> None:
    assert await engine.get_one(key("nobody")) is None
    assert await engine.get([key("nobody"), key("nobody", b"x")]) == [None, None]
    assert await engine.get([]) == []


async def test_get_returns_rows_in_the_order_of_the_keys_even_when_repeated(engine: Engine) -> None:
    first = await put(engine, key("a"), b"A")
    second = await put(engine, key("b", b"s", b"sub"), b"B")
    wanted = [key("b", b"s", b"sub"), key("none"), key("a"), key("b", b"s", b"sub"), key("b", b"s")]
    a, b = Row(first, b"A"), Row(second, b"B")
    for pending in (False, True):
        for snapshot in (False, True):
            found = await engine.get(wanted, pending=pending, snapshot=snapshot)
            assert found == [b, None, a, b, None]
        assert await engine.get_one(key("a"), pending=pending) == a


async def test_values_and_keys_of_any_bytes_and_size_come_back_unchanged(engine: Engine) -> None:
    large = bytes(range(256)) * 1700  # more than an item of 400 KB
    long_key = key("k", b"\x00\xff" * 1024, b"\x00" * 16)
    for at, value in ((key("empty"), b""), (long_key, large), (key("zero"), b"\x00")):
        version = await put(engine, at, value)
        assert await engine.get_one(at) == Row(version, value)
    page = await engine.range(1, token("k"), None, None, **ALL)
    assert [(entry.sort, entry.sub, entry.value) for entry in page.entries] == [
        (long_key[2], long_key[3], large)
    ]


async def test_versions_use_63_bits(engine: Engine) -> None:
    version = (1 << 63) - 1
    written = batch(Put(key("v"), ANY, b"x"))._replace(version=version)
    assert await engine.commit(written) is None
    assert await engine.get_one(key("v")) == Row(version, b"x")


async def test_range_lists_one_token_in_byte_order(sorted_rows: Engine) -> None:
    page = await sorted_rows.range(1, token("p"), None, None, **ALL)
    assert sorts(page) == SORTS
    assert [entry.value for entry in page.entries] == [b"<" + sort + b">" for sort in SORTS]
    assert {entry.token for entry in page.entries} == {token("p")}
    assert page.more is False


async def test_range_backwards(sorted_rows: Engine) -> None:
    page = await sorted_rows.range(1, token("p"), None, None, reverse=True, **ALL)
    assert sorts(page) == SORTS[::-1]


@pytest.mark.parametrize("reverse", [False, True])
async def test_range_bounds(sorted_rows: Engine, reverse: bool) -> None:
    bounds = [None, *SORTS, b"aa", b"\x01"]
    for low in bounds:
        for high in bounds:
            for low_open in (False, True):
                for high_open in (False, True):
                    wanted = [
                        sort
                        for sort in SORTS
                        if (low is None or (sort > low if low_open else sort >= low))
                        and (high is None or (sort < high if high_open else sort <= high))
                    ]
                    page = await sorted_rows.range(
                        1, token("p"), low, high, low_open=low_open, high_open=high_open,
                        reverse=reverse, **ALL,
                    )  # fmt: skip
                    assert sorts(page) == (wanted[::-1] if reverse else wanted)
                    assert page.more is False


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("after", [b"", b"a", b"aa", b"\xff\xff", b"\xff\xff\xff"])
@pytest.mark.parametrize(("low", "high"), [(None, None), (b"a", None), (None, b"b"), (b"a", b"b")])
async def test_range_resumes_after_a_place_even_outside_its_bounds(
    sorted_rows: Engine, reverse: bool, after: bytes, low: bytes | None, high: bytes | None
) -> None:
    inside = [s for s in SORTS if (low is None or s >= low) and (high is None or s <= high)]
    wanted = [s for s in inside if s < after][::-1] if reverse else [s for s in inside if s > after]
    page = await sorted_rows.range(
        1, token("p"), low, high, reverse=reverse, after=(after, b""), **ALL
    )
    assert sorts(page) == wanted


async def test_rows_of_one_sort_key_are_ordered_by_sub(engine: Engine) -> None:
    subs = [b"\x01", b"\x02", b"\x02\x00", b"\xff"]
    rows = [Put(key("p", sort, sub), ANY, b"v") for sub in subs for sort in (b"m", b"n")]
    assert await engine.commit(batch(*rows)) is None
    page = await engine.range(1, token("p"), b"m", b"m", **ALL)
    assert [entry.sub for entry in page.entries] == subs
    page = await engine.range(1, token("p"), b"m", b"m", after=(b"m", b"\x02"), **ALL)
    assert [entry.sub for entry in page.entries] == [b"\x02\x00", b"\xff"]
    page = await engine.range(
        1, token("p"), None, None, reverse=True, after=(b"n", b"\x02"), item_limit=2, byte_limit=99
    )
    assert [entry[1:3] for entry in page.entries] == [(b"n", b"\x01"), (b"m", b"\xff")]
    assert page.more is True


@pytest.mark.parametrize("reverse", [False, True])
async def test_pages_of_every_length_add_up(sorted_rows: Engine, reverse: bool) -> None:
    for limit in range(1, len(SORTS) + 2):
        found: list[bytes] = []
        after = None
        more = True
        while more:
            page = await sorted_rows.range(
                1, token("p"), None, None, reverse=reverse, after=after,
                item_limit=limit, byte_limit=1 << 20,
            )  # fmt: skip
            assert page.entries, "`more` promised an entry"
            assert len(page.entries) <= limit
            found += sorts(page)
            after, more = page.entries[-1][1:3], page.more
        assert found == (SORTS[::-1] if reverse else SORTS)


async def test_byte_limit_counts_values_and_never_yields_an_empty_page(engine: Engine) -> None:
    sizes = [10, 10, 10, 500, 1]
    for at, size in enumerate(sizes):
        await put(engine, key("p", bytes([at])), b"x" * size)

    async def lengths(byte_limit: int, after: int | None = None, item_limit: int = 99) -> object:
        page = await engine.range(
            1, token("p"), None, None, after=None if after is None else (bytes([after]), b""),
            item_limit=item_limit, byte_limit=byte_limit,
        )  # fmt: skip
        return [len(entry.value) for entry in page.entries], page.more

    assert await lengths(29) == ([10, 10], True)
    assert await lengths(30) == ([10, 10, 10], True)
    assert await lengths(1) == ([10], True)
    assert await lengths(100, after=2) == ([500], True)
    assert await lengths(500, after=2) == ([500], True)
    assert await lengths(501, after=2) == ([500, 1], False)
    assert await lengths(0, after=3) == ([1], False)
    assert await lengths(531) == (sizes, False)
    assert await lengths(531, item_limit=5) == (sizes, False)
    assert await lengths(531, item_limit=4) == (sizes[:4], True)
    assert await lengths(99, after=4) == ([], False)


async def test_a_lone_row_beyond_the_byte_limit_is_not_followed_by_more(engine: Engine) -> None:
    await put(engine, key("p"), b"x" * 100)
    page = await engine.range(1, token("p"), None, None, item_limit=1, byte_limit=1)
    assert (len(page.entries), page.more) == (1, False)


async def test_byte_limit_on_long_pages(engine: Engine) -> None:
    rows = [Put(key("p", at.to_bytes(2, "big")), ANY, b"x" * 100) for at in range(300)]
    assert await engine.commit(batch(*rows)) is None
    for count in (1, 31, 32, 33, 64, 150, 299):
        for byte_limit in (count * 100, count * 100 + 99):
            page = await engine.range(
                1, token("p"), None, None, item_limit=1000, byte_limit=byte_limit
            )
            assert (len(page.entries), page.more) == (count, True)
            page = await engine.scan(1, b"", None, item_limit=1000, byte_limit=byte_limit)
            assert (len(page.entries), page.more) == (count, True)


async def test_scan_goes_through_a_space_in_token_order(engine: Engine) -> None:
    keys = [key(f"p{at}", sort, space=5) for at in range(20) for sort in (b"", b"a", b"b")]
    assert await engine.commit(batch(*[Put(at, ANY, b"v") for at in keys])) is None
    await put(engine, key("p0", space=4), b"other")
    await put(engine, key("p0", space=6), b"other")
    wanted = sorted(at[1:] for at in keys)

    page = await engine.scan(5, b"", None, **ALL)
    assert [entry[:3] for entry in page.entries] == wanted
    assert page.more is False

    found: list[tuple[bytes, bytes, bytes]] = []
    more, after = True, None
    while more:
        page = await engine.scan(5, b"", None, after=after, item_limit=7, byte_limit=1 << 20)
        found += [entry[:3] for entry in page.entries]
        after, more = found[-1], page.more
    assert found == wanted


async def test_scan_segments_cover_everything_once(engine: Engine) -> None:
    tokens = [bytes([first]) + b"\x00" * 15 for first in (0, 63, 64, 127, 128, 254, 255)]
    assert await engine.commit(batch(*[Put((1, at, b"", b""), ANY, b"v") for at in tokens])) is None
    cuts: list[bytes | None] = [b"", b"\x40", b"\x80", b"\xc0", None]
    found = []
    for low, high in itertools.pairwise(cuts):
        assert low is not None
        page = await engine.scan(1, low, high, **ALL)
        found.append([entry.token[0] for entry in page.entries])
    assert found == [[0, 63], [64, 127], [128], [254, 255]]
    # A place before the segment does not make it begin earlier; one behind it leaves nothing.
    page = await engine.scan(1, b"\x40", b"\x80", after=(tokens[0], b"", b""), **ALL)
    assert [entry.token[0] for entry in page.entries] == [64, 127]
    page = await engine.scan(1, b"\x40", b"\x80", after=(tokens[4], b"", b""), **ALL)
    assert page == Page([], False)


async def test_reads_of_an_unknown_space_find_nothing(engine: Engine) -> None:
    assert await engine.range(99, token("p"), None, None, **ALL) == Page([], False)
    assert await engine.scan(99, b"", None, **ALL) == Page([], False)
    assert await engine.get_one(key("p", space=99)) is None
