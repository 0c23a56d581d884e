"""Which object each record of a delivery goes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from jedlik.services.firehose.limits import PARTITIONS_MAX
from jedlik.services.firehose.processing import TOO_MANY_PARTITIONS, Processing
from jedlik.services.firehose.records import Record
from jedlik.services.firehose.sorting import Sorting

pytest.importorskip("jq")


@pytest.mark.parametrize("fails_first", [False, True])
def test_as_many_partitions_as_allowed_are_active(fails_first: bool) -> None:
    records = [Record(1, b'{"k": "%d"}' % n) for n in range(PARTITIONS_MAX + 2)]
    if fails_first:
        records.insert(0, Record(1, b"no JSON"))

    async def pages() -> AsyncIterator[list[Record]]:
        yield records

    sorting = Sorting(
        {"Prefix": "!{partitionKeyFromQuery:k}/", "ErrorOutputPrefix": "e/"},
        Processing(query="{k: .k}", partitioned=True),
    )
    asyncio.run(sorting.run(pages()))
    assert sum(not target.failed for target in sorting.targets) == PARTITIONS_MAX
    told = {code: many for (code, _), many in sorting.counts.items()}
    assert told[TOO_MANY_PARTITIONS] == 2
