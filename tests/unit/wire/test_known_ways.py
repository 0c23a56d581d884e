"""Which way is taken, for whom, and how often one is made."""

from __future__ import annotations

from typing import Any

from jedlik.identity import Identity
from jedlik.wire.known_ways import KnownWay, KnownWays

ANNA = Identity("a", "1", "r", None)
BERT = Identity("a", "1", "r", None)  # equal, and yet another: what is known of one may be old


class Beginning:
    """Answers bodies that begin so."""

    def __init__(self, beginning: bytes) -> None:
        self.beginning = beginning
        self.asked = 0

    def answer(self, body: bytes, now: float) -> bytes | None:
        self.asked += 1
        return b"%b:%d" % (self.beginning, now) if body.startswith(self.beginning) else None


def test_the_way_that_fits() -> None:
    ways = KnownWays()
    assert ways.answer(ANNA, b"a1", 5.0) is None
    assert ways.recent is None
    made: dict[bytes, Any] = {each: Beginning(each) for each in (b"a", b"b", b"c")}
    for each in made.values():
        ways.add(KnownWay(ANNA, each, None))
    assert ways.answer(ANNA, b"b7", 5.0) == b"b:5"
    assert ways.recent is not None
    counts = made[b"a"].asked, made[b"c"].asked
    assert ways.answer(ANNA, b"b8", 6.0) == b"b:6"
    assert (made[b"a"].asked, made[b"c"].asked) == counts  # the last one is tried first
    assert ways.answer(ANNA, b"d", 6.0) is None


def test_a_way_is_for_one_identity() -> None:
    ways = KnownWays()
    ways.add(KnownWay(ANNA, Beginning(b"a"), None))
    assert ways.answer(BERT, b"a", 5.0) is None
    assert ways.answer(ANNA, b"a", 5.0) == b"a:5"


def test_the_oldest_go() -> None:
    ways = KnownWays()
    for number in range(100):
        ways.add(KnownWay(ANNA, Beginning(b"%d." % number), None))
        assert ways.answer(ANNA, b"%d." % number, 1.0) is not None
    assert ways.answer(ANNA, b"35.", 1.0) is None
    assert ways.answer(ANNA, b"36.", 1.0) == b"36.:1"
    assert ways.answer(ANNA, b"99.", 1.0) == b"99.:1"


def test_few_are_kept_that_have_answered_nothing() -> None:
    ways = KnownWays()
    ways.add(KnownWay(ANNA, Beginning(b"good"), None))
    assert ways.answer(ANNA, b"good", 1.0) is not None
    made = [Beginning(b"%d." % number) for number in range(20)]
    for each in made:
        ways.add(KnownWay(ANNA, each, None))
    assert ways.answer(ANNA, b"other", 1.0) is None
    assert [each.asked for each in made] == [0] * 16 + [1] * 4
    assert ways.answer(ANNA, b"good", 1.0) == b"good:1"
    assert ways.answer(ANNA, b"17.", 1.0) == b"17.:1"
    assert ways.answer(ANNA, b"15.", 1.0) is None


def test_making_ways_is_rationed() -> None:
    ways = KnownWays()
    assert not ways.wants(b"x" * 70_000, 100.0)
    assert ways.wants(b"x", 100.0)
    assert not ways.wants(b"x", 100.005)
    assert ways.wants(b"x", 100.02)
    assert ways.wants(b"x", 50.0)  # the clock was set back
    assert ways.wants(b"x" * 40_000, 51.0)  # finding out about a long one takes longer
    assert not ways.wants(b"x", 51.05)
    assert ways.wants(b"x", 51.2)


def test_ways_that_are_no_good_are_made_less_often() -> None:
    ways, now = KnownWays(), 100.0
    made = 0
    for _ in range(1000):
        now += 0.01
        if ways.wants(b"x", now):
            made += 1
            ways.add(KnownWay(ANNA, Beginning(b"%d." % made), None))
    assert made < 25
    assert ways.answer(ANNA, b"%d." % made, now) is not None
    now += 2.0
    assert ways.wants(b"x", now)
    assert ways.wants(b"x", now + 0.02)  # one that was good makes up for them
