"""How long a connection may take, phase by phase: looked at once a second, so that no request needs
a timer of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .limits import Limits
from .phases import BODY, DRAIN, HEAD, IDLE, LINGER

if TYPE_CHECKING:
    from .flows import Incoming, Outgoing
    from .http import HttpProtocol


def end_if_late(connection: HttpProtocol, now: float, limits: Limits) -> None:
    """For a connection between requests, or on its way into or out of one."""
    phase = connection.phase
    waited = now - connection.since
    if phase == IDLE:
        if waited > limits.idle_s:
            connection.close()
    elif phase == HEAD:
        if waited > limits.head_s:
            connection.refuse(408, "request not completed in time")
    elif phase == BODY:
        if waited > limits.body_s:
            connection.refuse(408, "request not completed in time")
    elif phase in (DRAIN, LINGER):
        unsent = connection.unsent_bytes
        if 0 < unsent < connection.drained:
            connection.drained = unsent
            connection.since = now
        elif waited > (limits.write_s if unsent else limits.linger_s):
            connection.abort()


def end_stalled(
    connection: HttpProtocol,
    incoming: Incoming | None,
    outgoing: Outgoing | None,
    now: float,
    limits: Limits,
) -> None:
    """For a connection whose request, or the answer to it, is being streamed."""
    if incoming is not None and incoming.stalled(now, limits.body_s):
        incoming.fail("request not completed in time")
    if outgoing is not None and outgoing.stalled(now, connection.unsent_bytes, limits.write_s):
        connection.abort()
