"""Prints the figures of docs/capacity.md: loads on a virtual clock, and how they are served.

`python tools/capacity_figures.py`; a test holds the page to what this prints.
"""

from __future__ import annotations

from collections.abc import Iterator

from jedlik.tables.throughput.lanes import Access, Lane, Limit
from jedlik.tables.throughput.ramps import Ramp

START = 1_800_000_000.0
TICKS = 20
"""Pieces of a second in which a load comes."""


def serve(lane: Lane, now: float, seconds: int, units_per_s: float, keys: int) -> float:
    """Offer a load for some seconds; the units a second that were served."""
    served = 0.0
    piece = units_per_s / TICKS / keys
    for tick in range(seconds * TICKS):
        at = now + tick / TICKS
        for key in range(keys):
            place = (key * (1 << 16) // keys).to_bytes(2, "big") + b"\x80" * 14
            if lane.refusal(place, at) is None:
                lane.take(place, piece, at)
                served += piece
    return served / seconds


def provisioned(units: float, access: Access = "write", parts: int = 1) -> Lane:
    lane = Lane(access, "", is_index=False)
    lane.bound(Limit(units, 300.0, "provisioned"), START, parts=parts)
    return lane


def bursts() -> Iterator[str]:
    """Provisioned: 100 units; 300 are wanted, then nothing for two minutes, then 300 again."""
    lane, now = provisioned(100), START
    yield "| minute | wanted a second | served a second |"
    yield "| --- | --- | --- |"
    for minute, wanted in enumerate([300, 300, 300, 300, 300, 0, 0, 300, 300], 1):
        served = serve(lane, now, 60, wanted, 8) if wanted else 0
        yield f"| {minute} | {wanted} | {served:.0f} |"
        now += 60


def hot_keys() -> Iterator[str]:
    """Provisioned: 12,000 writes. More is wanted of fewer keys than parts can give."""
    yield "| keys | wanted a second | served in the first second | served from then on |"
    yield "| --- | --- | --- | --- |"
    for keys in (1, 2, 4, 64):
        lane = provisioned(12_000, parts=12)
        first = serve(lane, START, 1, 6000, keys)
        later = serve(lane, START + 1, 20, 6000, keys)
        yield f"| {keys} | 6000 | {first:.0f} | {later:.0f} |"


def ramp() -> Iterator[str]:
    """On demand: everything that is allowed is used, for ever."""
    lane = Lane("write", "", is_index=False)
    lane.bound(Limit(40_000.0, 1.0, "account"), START, ramp=Ramp(4000.0), parts=4)
    yield "| after | served a second | allowed a second |"
    yield "| --- | --- | --- |"
    now = START
    for half_hour in range(5):
        served = serve(lane, now, 130, 60_000, 64)
        assert lane.ramp is not None
        allowed = min(lane.ramp.allowed, 40_000)
        yield f"| {half_hour * 31} min | {round(served, -2):.0f} | {round(allowed, -2):.0f} |"
        now += 31 * 60
        lane.follow_ramp(now)


def scaling() -> Iterator[str]:
    """A load that triples for a while; what is provisioned follows two minutes late."""
    lane, now = provisioned(100), START
    yield "| minutes | wanted a second | provisioned | served a second |"
    yield "| --- | --- | --- | --- |"
    curve = [
        (3, 70, 100),
        (2, 250, 100),
        (5, 250, 350),
        (2, 70, 350),
        (3, 70, 100),
        (6, 250, 100),
        (3, 250, 350),
    ]
    begin = 0
    for minutes, wanted, units in curve:
        lane.bound(Limit(float(units), 300.0, "provisioned"), now)
        served = serve(lane, now, minutes * 60, wanted, 8)
        yield f"| {begin} to {begin + minutes} | {wanted} | {units} | {served:.0f} |"
        begin += minutes
        now += minutes * 60


def main() -> None:
    for each in (bursts, hot_keys, ramp, scaling):
        print("\n".join(each()), end="\n\n")


if __name__ == "__main__":
    main()
