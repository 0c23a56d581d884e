"""Limits on everything a client can choose: sizes, counts and times.

Read by the connection and the server; set by `app` from the settings. `docs/network.md` shows the
same table to the operator.
"""

from __future__ import annotations

from msgspec import Struct

KIB = 1024
MIB = 1024 * KIB


class Limits(Struct, frozen=True):
    """What one client, and all of them together, may take."""

    # One request.
    target_bytes_max: int = 8 * KIB
    head_bytes_max: int = 32 * KIB  # request line and headers together
    header_count_max: int = 100
    body_bytes_max: int = 16 * MIB + 64 * KIB  # DynamoDB takes bodies of 16 MB
    chunk_line_bytes_max: int = 256  # size and extensions of one chunk
    trailer_bytes_max: int = 4 * KIB

    # One connection.
    head_s: float = 20.0  # from the first byte of a request to the end of its headers
    body_s: float = 120.0  # from the headers to the end of the body
    idle_s: float = 300.0  # between requests; SDKs keep pooled connections for minutes
    write_s: float = 60.0  # without the client taking a byte of its answer
    linger_s: float = 2.0  # after a refusal, so that the client can read it
    pipeline_bytes_max: int = 256 * KIB  # read ahead while an answer is being made
    write_buffer_bytes_max: int = 256 * KIB  # unsent answers; beyond, no next request is read

    # All connections.
    connections_max: int = 10_000
    body_bytes_total_max: int = 512 * MIB  # bodies that are being received or worked on

    # Learned layouts.
    layouts_max: int = 256
    layouts_per_s_max: int = 16  # compiling one takes about a millisecond
