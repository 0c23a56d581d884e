"""Throughput: what tables and indexes are asked for, how much of it they get, and the counts.

`lanes.py` meters and limits one direction of one table or index, with `parts.py` for the ranges of
its keys and `ramps.py` for what an on-demand one may grow to; `flows.py` finds the lanes of a table
and keeps their limits as the table says; `figures.py` counts, `watches.py` by key. All of it is
pure: the time is passed in, nothing is stored, nothing is awaited.
"""

from jedlik.tables.throughput.figures import Figure, Statistics
from jedlik.tables.throughput.flows import Flow, Flows, Mode
from jedlik.tables.throughput.lanes import Lane
from jedlik.tables.throughput.sketches import Sketch
from jedlik.tables.throughput.watches import Kind, Watch

__all__ = ["Figure", "Flow", "Flows", "Kind", "Lane", "Mode", "Sketch", "Statistics", "Watch"]
