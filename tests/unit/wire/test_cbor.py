"""CBOR: the examples of RFC 8949, appendix A, and what is no CBOR."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from jedlik.wire.cbor import Malformed, decode, encode
from jedlik.wire.rpc_cbor import encode_output


@pytest.mark.parametrize(
    ("hex", "value"),
    [
        ("00", 0),
        ("1903e8", 1000),
        ("1bffffffffffffffff", 2**64 - 1),
        ("c249010000000000000000", 2**64),
        ("3903e7", -1000),
        ("c349010000000000000000", -(2**64) - 1),
        ("c2587f" + "ff" * 127, 2**1016 - 1),
        ("f93e00", 1.5),
        ("fa47c35000", 100000.0),
        ("fb3ff199999999999a", 1.1),
        ("f97c00", math.inf),
        ("f4", False),
        ("f6", None),
        ("f7", None),
        ("c11a514b67b0", 1363896240),
        ("c1fb41d452d9ec200000", 1363896240.5),
        ("4401020304", b"\1\2\3\4"),
        ("62c3bc", "ü"),
        ("83010203", [1, 2, 3]),
        ("a26161016162820203", {"a": 1, "b": [2, 3]}),
        ("5f42010243030405ff", b"\1\2\3\4\5"),
        ("7f657374726561646d696e67ff", "streaming"),
        ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
    ],
)
def test_examples_of_the_rfc(hex: str, value: Any) -> None:
    assert decode(bytes.fromhex(hex)) == value


@pytest.mark.parametrize(
    "hex",
    ["", "ff", "0000", "18", "1c", "62c3", "61ff", "9f01", "bf6161ff", "a10102", "81ff", "c240ff",
     "5f6161ff", "c16161", "fc", "9bffffffffffffffff", "81" * 100 + "00", "7fff00",
     "c25880" + "ff" * 128],
)  # fmt: skip
def test_what_is_no_cbor(hex: str) -> None:
    with pytest.raises(Malformed):
        decode(bytes.fromhex(hex))


def read_by_botocore(data: bytes) -> Any:
    from botocore.parsers import RpcV2CBORParser

    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(data))


def test_an_sdk_reads_what_is_written() -> None:
    chosen = random.Random(3)

    def value(depth: int) -> Any:
        kind = chosen.randrange(8 if depth else 6)
        if kind == 0:
            return chosen.randrange(-(2**64), 2**64)
        if kind == 1:
            return chosen.random() * 10 ** chosen.randrange(-300, 300)
        if kind == 2:
            return "".join(chr(chosen.randrange(32, 0x2000)) for _ in range(chosen.randrange(40)))
        if kind == 3:
            return chosen.randbytes(chosen.randrange(300))
        if kind == 4:
            return chosen.choice([True, False])  # botocore drops nulls
        if kind == 5:
            return chosen.randrange(-300, 300)
        if kind == 6:
            return [value(depth - 1) for _ in range(chosen.randrange(30))]
        return {str(number): value(depth - 1) for number in range(chosen.randrange(30))}

    for _ in range(200):
        given = value(3)
        assert read_by_botocore(encode(given)) == given
        assert decode(encode(given)) == given


def test_broken_bytes_never_do_more_than_be_refused() -> None:
    chosen = random.Random(4)
    whole = encode({"a": [1, "b", {"c": 1.5}], "d": b"xyz", "e": None})
    for _ in range(3000):
        broken = bytearray(whole)
        for _ in range(chosen.randrange(1, 4)):
            broken[chosen.randrange(len(broken))] = chosen.randrange(256)
        try:
            decode(bytes(broken[: chosen.randrange(1, len(broken) + 1)]))
        except Malformed:
            pass


def test_answers_are_written_by_their_shapes() -> None:
    answer = {"Label": "a", "Datapoints": [{"Timestamp": 5, "Sum": 1, "Unit": "Count"}]}
    written = encode_output("cloudwatch", "GetMetricStatistics", answer)
    found = read_by_botocore(written)
    assert found["Datapoints"][0]["Timestamp"].timestamp() == 5
    assert type(found["Datapoints"][0]["Sum"]) is float
    assert encode_output("cloudwatch", "PutMetricData", {}) == b""
