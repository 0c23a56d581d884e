"""What operations of REST services see and give beyond a plain request and answer.

Bodies that are streamed pass through here without either side importing the other: `wire` makes
a Body out of a request, a service reads it; a service gives a Streamed body, `wire` sends it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .context import Context


class Body(Protocol):
    """The body of a request, read while it comes.

        while data := await body.receive():
            plain = body.decode(data)      # may run in a thread
        trailers = body.finish()

    length: how many bytes `decode` will give in all, None if nobody said.
    """

    length: int | None

    async def receive(self) -> bytes:
        """What came since the last call, as sent; b"" at the end. Raises ApiError."""
        ...

    def decode(self, data: bytes) -> bytes:
        """The content in it, its signatures verified. Raises ApiError."""
        ...

    def finish(self) -> Mapping[str, str]:
        """Check that all came and is what was signed; the trailers, by lower-case name."""
        ...


@dataclass(slots=True)
class Streamed:
    """A body of an answer that is made while it is sent; `parts` yields `length` bytes."""

    length: int
    parts: AsyncIterator[bytes]


class RestContext(Context):
    """host: what the client calls us. secure: it came by TLS. headers: the request's, names in
    lower case. identified: somebody signed it. hosted: the bucket was in the host's name.
    signed_for: the region in the signature, "" where it has none; presigned: it is in the query.
    more: header lines that the operation wants to add to its answer; status: instead of the
    model's."""

    __slots__ = (
        "headers",
        "host",
        "hosted",
        "identified",
        "method",
        "more",
        "presigned",
        "secure",
        "session",
        "signed_for",
        "status",
    )

    def __init__(
        self,
        *of_any: Any,
        host: str = "",
        secure: bool = False,
        headers: Mapping[str, str] | None = None,
        identified: bool = True,
        hosted: bool = False,
        method: str = "",
        signed_for: str = "",
        presigned: bool = False,
    ) -> None:
        """of_any: what every Context is made of, in its order."""
        super().__init__(*of_any)
        self.host = host
        self.secure = secure
        self.headers: Mapping[str, str] = headers if headers is not None else {}
        self.identified = identified
        self.hosted = hosted
        self.method = method
        self.signed_for = signed_for
        self.presigned = presigned
        self.more: dict[str, str] = {}
        self.status = 0
        self.session: Any = None
