"""Sockets: bytes ↔ Request and Reply. Strict HTTP/1.1 on uvloop; no word of AWS.

`Server` (or `serve`) takes a coroutine function from Request to Reply. See `http.py` for a
connection's life, `layout.py` for why it is fast. `StreamServer` is for protocols that are no
HTTP and mark their own messages.
"""

from .flows import BodyBroken, Incoming, StreamedReply, StreamedRequest
from .http import HttpProtocol
from .layout import Layout
from .limits import Limits
from .request import Answer, Handler, Refuse, Reply, Request
from .resume import Begun, Due
from .server import Server, serve
from .stream import Conversation, StreamLimits, StreamServer, Unreadable

__all__ = [
    "Answer",
    "Begun",
    "BodyBroken",
    "Conversation",
    "Due",
    "Handler",
    "HttpProtocol",
    "Incoming",
    "Layout",
    "Limits",
    "Refuse",
    "Reply",
    "Request",
    "Server",
    "StreamLimits",
    "StreamServer",
    "StreamedReply",
    "StreamedRequest",
    "Unreadable",
    "serve",
]
