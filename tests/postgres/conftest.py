"""One PostgreSQL server for all of these tests; where there is none they are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgres import Cluster, Missing


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    try:
        made = Cluster()
    except Missing as missing:
        pytest.skip(str(missing))
    with made:
        yield made
