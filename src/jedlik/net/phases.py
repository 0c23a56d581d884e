"""The phases of a connection; it is in one at a time.

    IDLE → HEAD → BODY → BUSY → (DRAIN) → IDLE …        any → LINGER → closed

IDLE must be 0: the shortest way asks for nothing else.
"""

from __future__ import annotations

IDLE, HEAD, BODY, BUSY, DRAIN, LINGER, CLOSED = range(7)
