"""Request ids beside DynamoDB's: well-formed whatever is drawn, and drawn anew each time."""

from __future__ import annotations

import os
import re
from uuid import UUID

import pytest

from jedlik.wire.id_forms import S3Ids, Uuids


@pytest.mark.parametrize("byte", range(0, 256, 15))
def test_uuids_say_that_they_are_random_ones(byte: int) -> None:
    made = Uuids(lambda n: bytes([byte]) * n).next()
    assert str(UUID(made)) == made
    assert UUID(made).version == 4
    assert UUID(made).variant == "specified in RFC 4122"
    assert made[:8] == f"{byte:02x}" * 4


def test_none_comes_twice() -> None:
    for ids in (Uuids(os.urandom), S3Ids(os.urandom)):
        assert len({ids.next() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("byte", (0, 7, 255))
def test_ids_of_s3(byte: int) -> None:
    assert re.fullmatch("[0-9A-V]{16}", S3Ids(lambda n: bytes([byte]) * n).next())
