"""Partition keys: programs of clients, which may be anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import msgspec
import pytest

from jedlik.services.firehose import jq_process, partition_keys
from jedlik.services.firehose.jq_process import NO_KEYS, NOT_JSON
from jedlik.services.firehose.partition_keys import TOO_SLOW, BadQuery, Extractor, names

pytest.importorskip("jq")


def test_names() -> None:
    assert names('{a: .x, "b c": (.y | [1, {z: 2}]), d, e: "a,b:{"}') == ["a", "b c", "d", "e"]
    for query in (".a", "{.a}", "{a b: 1}"):
        with pytest.raises(BadQuery):
            names(query)


async def test_keys() -> None:
    query = '{n: .n, s: .s, o: .o, year: (.t | gmtime | strftime("%Y"))}'
    good = b'{"n": 1.5, "s": "\xc3\xa9", "o": {"a": [true]}, "t": 0}'
    async with Extractor(query) as extractor:
        found = await extractor.keys_of(
            [good, b"nothing", b"[1]", good.replace(b'"\xc3\xa9"', b'""'), b"\xff"]
        )
    assert found == [
        {"n": "1.5", "s": "é", "o": '{"a":[true]}', "year": "1970"},
        NOT_JSON,
        NOT_JSON,
        NO_KEYS,
        NOT_JSON,
    ]


async def test_a_program_learns_nothing_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SECRET", "not for clients")
    async with Extractor("{e: (env | tostring)}") as extractor:
        (found,) = await extractor.keys_of([b"{}"])
    assert "not for clients" not in str(found)


async def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_keys, "BATCH_S_MAX", 0.5)
    query = "{a: (if .loop then (def f: f; f) else 1 end)}"
    async with Extractor(query) as extractor:
        assert await extractor.keys_of([b'{"loop": true}', b"{}"]) == [TOO_SLOW, TOO_SLOW]
        monkeypatch.setattr(partition_keys, "BATCH_S_MAX", 60)
        assert await extractor.keys_of([b"{}"]) == [{"a": "1"}]
        monkeypatch.setattr(partition_keys, "BATCH_S_MAX", 0.2)
        for _ in range(2):
            assert await extractor.keys_of([b'{"loop": true}']) == [TOO_SLOW]
        monkeypatch.setattr(partition_keys, "BATCH_S_MAX", 60)
        assert await extractor.keys_of([b"{}"]) == [TOO_SLOW]  # it had its chances


def test_a_program_that_does_not_end_ends_without_its_owner() -> None:
    """As when the server was killed: nobody is there who would end it."""
    alone = (
        "import runpy, sys; found = runpy.run_path(sys.argv[1]); main = found['main'];"
        "main.__globals__['ALONE_S'] = 1; main()"
    )
    told = [b"{a: (def f: f; f)}", msgspec.msgpack.encode([b"{}"])]
    ended = subprocess.run(
        [sys.executable, "-I", "-c", alone, jq_process.__file__],
        input=b"".join(len(each).to_bytes(4, "big") + each for each in told),
        stdout=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGALRM


async def test_a_program_that_takes_all_memory_is_ended() -> None:
    async with Extractor("{a: (if .much then [range(1e9)] else 1 end)}") as extractor:
        assert await extractor.keys_of([b'{"much": true}']) == [TOO_SLOW]
        assert await extractor.keys_of([b"{}"]) == [{"a": "1"}]
