"""Sockets: bytes ↔ Request and Reply. Strict HTTP/1.1 on uvloop; no word of AWS.

`Server` (or `serve`) takes a coroutine function from Request to Reply. See `http.py` for a
connection's life, `layout.py` for why it is fast.
"""

from .http import HttpProtocol
from .layout import Layout
from .limits import Limits
from .request import Handler, Refuse, Reply, Request
from .server import Server, serve

__all__ = [
    "Handler",
    "HttpProtocol",
    "Layout",
    "Limits",
    "Refuse",
    "Reply",
    "Request",
    "Server",
    "serve",
]
