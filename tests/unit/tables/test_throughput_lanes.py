"""Lanes on a virtual clock: bursts, parts, ramps, and changes of what is provisioned."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jedlik.tables.errors import Throttled
from jedlik.tables.throughput.lanes import Access, Lane, Limit
from jedlik.tables.throughput.parts import PARTS_MAX
from jedlik.tables.throughput.ramps import RAMP_S, Ramp

START = 1_800_000_000.0


def provisioned(
    units: float, *, access: Access = "write", now: float = START, parts: int = 1
) -> Lane:
    lane = Lane(access, "arn:table", is_index=False)
    lane.bound(Limit(units, 300.0, "provisioned"), now, parts=parts)
    return lane


def on_demand(start: float, *, access: Access = "write", most: float = 40_000.0) -> Lane:
    lane = Lane(access, "arn:table", is_index=False)
    per_part = 1000 if access == "write" else 3000
    lane.bound(
        Limit(most, 1.0, "account"), START, ramp=Ramp(start), parts=-(-int(start) // per_part)
    )
    return lane


def place(number: int) -> bytes:
    """The token of some partition key."""
    return Random(number).randbytes(16)


def ask(lane: Lane, now: float, at: bytes, units: float = 1.0) -> str | None:
    """One request; the reason where it is refused."""
    if now < lane.shut_until:
        try:
            lane.admit(at, now)
        except Throttled as fault:
            return fault.reason
    lane.take(at, units, now)
    return None


@dataclass
class Run:
    """A load of so many requests a second for a while: how many were served, and what refused."""

    served: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(lane: Lane, begin: float, seconds: int, rate: int, keys: int = 1000) -> Run:
        run = Run()
        for i in range(seconds * rate):
            reason = ask(lane, begin + i / rate, place(i * 7919 % keys))
            if reason is None:
                run.served += 1
            else:
                run.refused[reason] = run.refused.get(reason, 0) + 1
        return run


# Bursts


def test_a_burst_of_three_hundred_seconds_is_spent_and_regained() -> None:
    lane = provisioned(10)
    assert Run.of(lane, START, 100, 40).served == pytest.approx(3000 + 100 * 10, abs=2)
    exhausted = Run.of(lane, START + 100, 10, 40)
    assert exhausted.served == pytest.approx(100, abs=2)
    assert set(exhausted.refused) == {"provisioned"}
    # A minute of rest is worth a minute's units, and five minutes' worth is the most there is.
    assert Run.of(lane, START + 170, 1, 900).served == pytest.approx(600 + 10, abs=2)
    assert Run.of(lane, START + 9000, 10, 900).served == pytest.approx(3000 + 100, abs=2)


def test_a_request_may_cost_more_than_there_is_and_the_next_wait_for_it() -> None:
    lane = provisioned(5)
    assert ask(lane, START, b"a", 1499) is None
    assert ask(lane, START + 0.2, b"b", 401) is None  # two units are left
    assert ask(lane, START + 79.9, b"c") == "provisioned"  # 399 units of debt, five a second
    assert ask(lane, START + 80.1, b"c") is None


@settings(max_examples=200, deadline=None)
@given(
    rate=st.integers(1, 500),
    steps=st.lists(
        st.tuples(st.integers(0, 400_000), st.integers(1, 4000), st.integers(0, 900)), max_size=60
    ),
)
def test_a_lane_does_what_a_bucket_does_that_is_filled_step_by_step(
    rate: int, steps: list[tuple[int, int, int]]
) -> None:
    """Against the naive model: a number of tokens, filled at the rate, with a debt. Times in
    milliseconds and tokens in thousandths, so that the model is exact; new rates now and then."""
    lane = provisioned(rate)
    tokens, burst, at_ms = rate * 300_000, rate * 300_000, 0
    for wait_ms, units, change in steps:
        at_ms += wait_ms
        tokens = min(burst, tokens + wait_ms * rate)
        now = START + at_ms / 1000
        if change > 850:
            rate = change - 840
            burst = rate * 300_000
            tokens = min(tokens, burst)
            lane.bound(Limit(float(rate), 300.0, "provisioned"), now)
        # Times near 1.8e9 are floats to a quarter of a microsecond.
        if abs(tokens) <= 2 * rate:
            continue
        assert (lane.refusal(b"", now) == "provisioned") == (tokens < 0)
        if tokens >= 0 and lane.refusal(b"", now) is None:
            lane.take(b"", units, now)
            tokens -= units * 1000


def test_a_clock_that_is_set_back_leaves_what_was_left() -> None:
    lane = provisioned(10)
    lane.take(b"", 3100, START)
    assert ask(lane, START + 9.5, b"") == "provisioned"
    lane.take(b"", 0, START + 9.5)
    assert ask(lane, START - 3600, b"") == "provisioned"
    assert ask(lane, START - 3600 + 0.6, b"") is None


# Parts


def test_one_key_has_no_more_than_a_part_gives() -> None:
    lane = provisioned(20_000, parts=20)
    hot = Run.of(lane, START, 5, 3000, keys=1)
    assert hot.served == pytest.approx(6 * 1000, rel=0.01)  # a second's worth at once
    assert set(hot.refused) == {"key_range"}
    assert Run.of(lane, START + 20, 2, 12_000).refused == {}  # many keys are no trouble


def test_reads_of_one_key_have_three_times_as_much() -> None:
    lane = provisioned(20_000, access="read", parts=7)
    assert Run.of(lane, START, 3, 6000, keys=1).served == pytest.approx(4 * 3000, rel=0.01)


def test_hot_keys_of_one_part_are_isolated_within_what_the_table_may_take() -> None:
    """A table of 5,000 units that is in one part: two keys together get more than a part gives."""
    lane = provisioned(5000)
    assert lane.parts is not None
    run = Run.of(lane, START, 10, 1800, keys=2)
    assert run.refused.get("key_range", 0) < 900, "some are refused until the part is split"
    assert len(lane.parts.dry_until) == 2
    assert Run.of(lane, START + 20, 10, 1800, keys=2).refused == {}
    assert Run.of(lane, START + 60, 100, 200, keys=2).refused == {}


def test_cold_keys_get_on_beside_a_hot_one() -> None:
    lane = provisioned(5000)
    hot, cold = place(1), [place(i) for i in range(2, 52)]
    refused_late = 0
    for i in range(8 * 2000):
        now = START + i / 2000
        ask(lane, now, hot)
        if i % 40 == 0 and ask(lane, now, cold[i // 40 % 50]) is not None and i > 2000 * 4:
            refused_late += 1
    assert refused_late == 0


@pytest.mark.parametrize("splits", [True, False])
def test_an_item_collection_is_split_unless_there_are_local_indexes(splits: bool) -> None:
    lane = Lane("write", "arn:table", is_index=False)
    lane.bound(Limit(8000.0, 300.0, "provisioned"), START, splits_collections=splits)
    token = place(1)
    served = 0
    for i in range(8 * 3000):
        now = START + i / 3000
        at = lane.place_of(token, (i * 7919 % 500).to_bytes(4, "big"))
        served += ask(lane, now, at) is None
    if splits:
        assert served > 6 * 3000
    else:
        assert served == pytest.approx(9 * 1000, rel=0.01)


def test_parts_do_not_become_more_than_their_bound() -> None:
    lane = provisioned(1e9)
    random = Random(7)
    for i in range(40_000):
        ask(lane, START + i / 1e6, random.randbytes(16), 100.0)
    assert lane.parts is not None
    assert 100 < len(lane.parts.dry_until) <= PARTS_MAX
    assert len(lane.parts.bounds) == len(lane.parts.dry_until) - 1
    assert lane.parts.bounds == sorted(set(lane.parts.bounds))


# On demand


def test_an_on_demand_table_takes_four_thousand_at_once() -> None:
    lane = on_demand(4000)
    run = Run.of(lane, START, 5, 6000)
    assert run.served == pytest.approx(6 * 4000, rel=0.05)
    assert set(run.refused) == {"key_range"}


def load(lane: Lane, begin: float, minutes: float, units_per_s: float) -> None:
    """Half-second pieces of a load that is served as far as it goes, spread over the parts."""
    for i in range(int(minutes * 120)):
        now = begin + i / 2
        for key in range(64):
            at = bytes([key * 4]) + b"\0" * 15
            if now >= lane.shut_until or lane.refusal(at, now) is None:
                lane.take(at, units_per_s / 128, now)


def test_twice_a_peak_is_allowed_when_it_is_half_an_hour_ago() -> None:
    lane = on_demand(4000)
    assert lane.ramp is not None
    load(lane, START, 2, 3500)
    load(lane, START + RAMP_S - 120, 1, 100)
    assert lane.ramp.allowed == 4000
    load(lane, START + RAMP_S + 200, 2, 100)
    assert lane.ramp.allowed == pytest.approx(7000, rel=0.05)
    assert Run.of(lane, START + RAMP_S + 1000, 3, 6500).refused == {}


def test_a_growing_load_doubles_every_half_hour_up_to_the_quota() -> None:
    lane = on_demand(4000)
    assert lane.ramp is not None and lane.limit is not None
    allowed = []
    for half_hour in range(5):
        load(lane, START + half_hour * 1860, 2, 60_000)
        lane.follow_ramp(START + (half_hour + 1) * 1860)
        allowed.append(lane.ramp.allowed)
    assert allowed[0] == pytest.approx(8000, rel=0.05)
    assert allowed[1] == pytest.approx(16_000, rel=0.05)
    assert allowed[2] == pytest.approx(32_000, rel=0.05)
    assert allowed[3] > 40_000
    assert lane.limit.units_per_s == 40_000
    assert lane.limit.reason == "account"


def test_a_maximum_holds_whatever_the_ramp_would_allow() -> None:
    lane = Lane("write", "arn:table", is_index=False)
    lane.bound(Limit(50.0, 1.0, "max_on_demand"), START, ramp=Ramp(4000.0), parts=4)
    run = Run.of(lane, START, 10, 200)
    assert run.served == pytest.approx(550, abs=3)
    assert set(run.refused) == {"max_on_demand"}


# Scaling


def test_what_is_provisioned_follows_a_load_curve_up_and_down() -> None:
    """A day in an hour: the load triples and falls again, the table is scaled after it, late."""
    lane = provisioned(25)
    refused = []
    units = 25
    for minute, (rate, wanted) in enumerate(
        [(20, 25)] * 5 + [(60, 25)] * 3 + [(60, 75)] * 5 + [(20, 75)] * 3 + [(20, 25)] * 10
    ):
        now = START + minute * 60
        if wanted != units:
            units = wanted
            lane.bound(Limit(float(units), 300.0, "provisioned"), now)
        refused.append(sum(Run.of(lane, now, 60, rate).refused.values()))
    # Three minutes of 35 units too many are within the burst of five quiet minutes.
    assert refused == [0] * len(refused)
    # And when all of it is wanted at once, five minutes' worth and what comes meanwhile are there.
    served = Run.of(lane, START + 26 * 60, 60, 200).served
    assert served == pytest.approx(300 * 25 + 60 * 25, rel=0.01)


def test_without_a_limit_everything_passes_and_is_counted() -> None:
    lane = Lane("read", "arn:table", is_index=False)
    lane.bound(None, START)
    for _ in range(1000):
        assert ask(lane, START, b"", 128.5) is None
    counted = lane.drain()
    assert (counted.count, counted.total, counted.least, counted.most) == (
        1000,
        128_500.0,
        128.5,
        128.5,
    )
    assert lane.drain().count == 0


def test_a_lane_that_only_reports_refuses_nothing_and_counts_what_it_would_have_refused() -> None:
    strict, lenient = provisioned(10), provisioned(10)
    lenient.reports_only = True
    strictly = Run.of(strict, START, 200, 40)
    assert Run.of(lenient, START, 200, 40).refused == {}
    told = lenient.throttles["provisioned"].count
    assert told == pytest.approx(strictly.refused["provisioned"], rel=0.01)


def test_each_of_several_processes_gives_its_share() -> None:
    lane = Lane("write", "arn:table", is_index=False)
    lane.bound(Limit(100.0, 300.0, "provisioned"), START, share=0.25)
    assert Run.of(lane, START, 200, 100).served == pytest.approx(25 * 300 + 25 * 200, abs=2)
