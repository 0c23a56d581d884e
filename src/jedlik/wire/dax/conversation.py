"""One connection of a DAX client, from its preamble to its end.

    take (find the message's end, decode its arguments) → answer: authenticate the connection, or
    read the call → run it → write its reply

`known` is the short way: a message that was answered before, byte for byte, whose answer is still
remembered. Called by `net/stream.py`, which owns the bytes and the time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from jedlik.api.errors import ApiError, internal_failure
from jedlik.identity import Authenticator, Identity
from jedlik.identity.connections import authenticate_connection
from jedlik.identity.errors import missing_token, unknown_client
from jedlik.net import Unreadable
from jedlik.wire.request_ids import RequestIds

from . import cbor, methods
from .cbor import MESSAGE_BYTES_MAX, Broken, Skipper, Truncated, byte_string, head, integer, text
from .errors import AUTHENTICATION, TABLE_NOT_FOUND, write_reasons, write_refusal
from .keys import KeyAttribute, KeySchema
from .methods import METHODS, Method
from .plane import DataPlane, Shelf
from .replies import SUCCESS, ItemWriter, NewLists, write_reply
from .requests import Call, malformed, read_call

GREETING = b"\x67J7yne5G"
PREAMBLE_ITEMS = 5
NO_LAYER, FRAMED_REPLIES = 0, 1
"""Second item of the preamble. Java's client asks for frames around what it reads."""
SIGNATURE_BYTES_MAX = 2048
AUTHORISED_S = 300.0
"""Clients renew it after half of this time, or three quarters."""

log = logging.getLogger("jedlik.wire")


class Door:
    """What the connections of one node share. clock: epoch seconds; stopwatch: seconds that only
    grow, the same that the caches go by."""

    def __init__(
        self,
        plane: DataPlane,
        authenticator: Authenticator,
        *,
        random: Callable[[int], bytes],
        clock: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plane = plane
        self.authenticator = authenticator
        self.clock = clock
        self.stopwatch = stopwatch
        self.ids = RequestIds(random)
        self.items = ItemWriter(plane.lists.number_of)

    def converse(self, encrypted: bool) -> Conversation:
        """The conversation of a new connection."""
        return Conversation(self, encrypted)


class Conversation:
    """See `net.Conversation`."""

    __slots__ = (
        "_arguments",
        "_authorised_until_s",
        "_door",
        "_encrypted",
        "_frames",
        "_generation",
        "_greeted",
        "_identity",
        "_message",
        "_method",
        "_refusal",
        "_shelf",
        "_skipper",
        "_stopwatch",
        "_token",
    )

    def __init__(self, door: Door, encrypted: bool) -> None:
        self._door = door
        self._stopwatch = door.stopwatch
        self._encrypted = encrypted
        self._greeted = False
        self._frames = False
        self._method = 0
        self._arguments: list[Any] = []
        self._message = b""
        self._skipper: Skipper | None = None
        self._identity: Identity | None = None
        self._refusal: ApiError = missing_token()
        self._authorised_until_s = 0.0
        self._generation = 0
        self._token: str | None = None
        self._shelf: Shelf | None = None

    def known(self, message: bytes) -> bytes | None:
        shelf = self._shelf
        if shelf is None or self._generation != self._door.authenticator.credentials.generation:
            return None
        now = self._stopwatch()
        if now >= self._authorised_until_s:
            return None
        reply = shelf.find(message, now)
        return framed(reply) if self._frames and reply is not None else reply

    # Reading

    def take(self, data: bytes, at: int) -> int:
        try:
            end = self._take_request(data, at) if self._greeted else self._take_greeting(data, at)
        except Truncated:
            if len(data) - at > MESSAGE_BYTES_MAX:
                raise self._unreadable(malformed("too long")) from None
            return 0
        except Broken as error:
            raise self._unreadable(malformed(str(error))) from None
        except ApiError as refusal:
            raise self._unreadable(refusal) from None
        return end

    def end_of(self, unfinished: bytearray) -> int:
        if len(unfinished) > MESSAGE_BYTES_MAX:
            raise self._unreadable(malformed("too long"))
        try:
            if self._skipper is None:
                self._skipper = self._begin_skipping(unfinished)
            skipper = self._skipper
            if skipper is None or not skipper.skip(unfinished):
                return 0
        except Broken as error:
            raise self._unreadable(malformed(str(error))) from None
        except ApiError as refusal:
            raise self._unreadable(refusal) from None
        self._skipper = None
        return skipper.at

    def _unreadable(self, refusal: ApiError) -> Unreadable:
        last_words = self._say(refusal)
        return Unreadable(framed(last_words) if self._frames else last_words)

    def _begin_skipping(self, unfinished: bytearray) -> Skipper | None:
        """Something that finds the end of what has begun; None while too little of it is there."""
        if not self._greeted:
            return Skipper(PREAMBLE_ITEMS)
        try:
            method, at = _read_method(unfinished, 0)
        except Truncated:
            return None
        return Skipper(METHODS[method].arguments, at)

    def _take_greeting(self, data: bytes, at: int) -> int:
        begun = data[at : at + len(GREETING)]
        if not GREETING.startswith(begun):
            raise Unreadable  # whoever this is does not speak our language
        items = []
        for _ in range(PREAMBLE_ITEMS):
            item, at = cbor.read_item(data, at)
            items.append(item)
        if items[1] not in (NO_LAYER, FRAMED_REPLIES):
            raise Unreadable
        self._frames = items[1] == FRAMED_REPLIES
        self._method = 0
        return at

    def _take_request(self, data: bytes, at: int) -> int:
        begin = at
        self._method, at = _read_method(data, at)
        arguments = self._arguments = []
        for _ in range(METHODS[self._method].arguments):
            argument, at = cbor.read_item(data, at)
            arguments.append(argument)
        self._message = data[begin:at]
        return at

    # Answering

    def answer(self) -> bytes | Coroutine[Any, Any, bytes]:
        answer = self._answer()
        if not self._frames:
            return answer
        if not isinstance(answer, bytes):
            return _framed_later(answer)
        return framed(answer) if answer else b""

    def _answer(self) -> bytes | Coroutine[Any, Any, bytes]:
        method, arguments = self._method, self._arguments
        if not self._greeted:
            self._greeted = True
            return b""
        if method == methods.AUTHORIZE_CONNECTION:
            self._authorise(arguments)
            return b""
        if self._generation != self._door.authenticator.credentials.generation:
            self._look_again()
        identity = self._identity
        if identity is None or self._stopwatch() >= self._authorised_until_s:
            return write_refusal(self._refusal, self._door.ids.next(), codes=AUTHENTICATION)
        if method == methods.ENDPOINTS:
            return self._endpoints()
        self._arguments = []
        found = METHODS[method]
        if found.operation:
            return self._run(found, arguments, self._message, identity)
        return self._define(method, arguments[0], identity)

    def ended(self) -> None:
        self._shelf = None

    def _authorise(self, arguments: list[Any]) -> None:
        """Keep the outcome: no client reads an answer to this."""
        self._identity = self._shelf = None
        door = self._door
        access_key, signature, signed, token, _ = arguments
        try:
            if type(access_key) is not str or type(signature) is not str:
                raise malformed("access key and signature are texts")
            if type(signed) is not bytes or not (token is None or type(token) is str):
                raise malformed("the string to sign is bytes, the token text or null")
            if len(access_key) + len(signature) + len(signed) > SIGNATURE_BYTES_MAX:
                raise malformed("signature too long")  # what it names is kept for a while
            identity = authenticate_connection(
                door.authenticator,
                access_key=access_key,
                signature=signature,
                signed=signed,
                token=token,
                now=door.clock(),
            )
        except ApiError as refusal:
            self._refusal = refusal
            return
        self._refusal = missing_token()
        self._identity = identity
        self._token = token
        self._generation = door.authenticator.credentials.generation
        self._authorised_until_s = self._stopwatch() + AUTHORISED_S
        self._shelf = door.plane.shelf(identity)

    def _look_again(self) -> None:
        """Keys or policies have changed since the client signed: who is it now?"""
        credentials = self._door.authenticator.credentials
        self._generation = credentials.generation
        identity = self._identity
        if identity is None or identity.principal is None:
            return
        credential = credentials.find(identity.access_key, self._token)
        if credential is None:
            self._identity = self._shelf = None
            self._refusal = unknown_client()
            return
        self._identity = replace(identity, principal=credential.principal)
        self._shelf = self._door.plane.shelf(self._identity)

    async def _run(
        self, method: Method, arguments: list[Any], message: bytes, identity: Identity
    ) -> bytes:
        """Carry out an operation and write its reply."""
        door, plane, name = self._door, self._door.plane, method.operation
        shelf, started = self._shelf, self._stopwatch()
        request_id = door.ids.next()
        call: Call | None = None
        refusal: ApiError | None = None
        try:
            call = await read_call(name, arguments, _Definitions(plane, identity))
            outcome = await plane.run(name, identity, call.request, request_id, door.clock())
            reply = await self._write_reply(call, outcome.answer)
            if shelf is not None:
                plane.keep(outcome, shelf, message, reply)
        except ApiError as error:
            refusal = error
            reply = await self._write_refusal(call, error, request_id)
        except Exception as error:
            refusal = internal_failure()
            log.error("%s failed (request %s)", name, request_id, exc_info=error)
            reply = write_refusal(refusal, request_id)
        plane.count(name, self._stopwatch() - started, refusal)
        return reply

    async def _write_reply(self, call: Call, answer: dict[str, Any]) -> bytes:
        while True:
            try:
                return write_reply(call, answer, self._door.items)
            except NewLists as new:
                await self._number(new)

    async def _write_refusal(self, call: Call | None, refusal: ApiError, request_id: str) -> bytes:
        reasons = refusal.fields.get("CancellationReasons")
        if call is None or reasons is None:
            return write_refusal(refusal, request_id)
        schemas = [
            call.schemas[part["TableName"]]
            for one in call.request["TransactItems"]
            for part in one.values()
        ]
        while True:
            try:
                told = write_reasons(reasons, schemas, self._door.items)
                return write_refusal(refusal, request_id, reasons=told)
            except NewLists as new:
                await self._number(new)

    async def _number(self, new: NewLists) -> None:
        for names in new.lists:
            await self._door.plane.lists.define(names)

    async def _define(self, method: int, argument: Any, identity: Identity) -> bytes:
        """What clients ask before they can write a key or an item."""
        lists = self._door.plane.lists
        try:
            if method == methods.DEFINE_KEY_SCHEMA:
                return await self._key_schema(argument, identity)
            if method == methods.DEFINE_ATTRIBUTE_LIST:
                if type(argument) is not int:
                    raise malformed("an attribute list's id is an integer")
                names = () if argument == 1 else await lists.names(argument)
                return SUCCESS + head(cbor.ARRAY, len(names)) + b"".join(map(text, names))
            if type(argument) is not list or not all(type(name) is str for name in argument):
                raise malformed("an attribute list is an array of texts")
            number = await lists.define(tuple(argument)) if argument else 1
            return SUCCESS + integer(number)
        except ApiError as refusal:
            return self._say(refusal)
        except Exception as error:
            log.error("%s failed", METHODS[method].name, exc_info=error)
            return self._say(internal_failure())

    async def _key_schema(self, name: Any, identity: Identity) -> bytes:
        if type(name) is not bytes:
            raise malformed("a table's name is bytes")
        try:
            schema = await self._door.plane.key_schema(identity, name.decode("utf-8", "replace"))
        except ApiError as refusal:
            return write_refusal(refusal, self._door.ids.next(), codes=TABLE_NOT_FOUND)
        pairs = [text(attribute) + text(kind) for attribute, kind in schema]
        return SUCCESS + head(cbor.MAP, len(pairs)) + b"".join(pairs)

    def _endpoints(self) -> bytes:
        nodes = self._door.plane.endpoints(tls=self._encrypted)
        parts = [SUCCESS, head(cbor.ARRAY, len(nodes))]
        for node in nodes:
            members = (
                integer(node.node),
                text(node.host),
                byte_string(ip_address(node.address).packed),
                integer(node.port),
                integer(node.role),
                text(node.zone),
                integer(0),
            )
            parts.append(head(cbor.MAP, len(members)))
            for number, content in enumerate(members):
                parts += (integer(number), content)
        return b"".join(parts)

    def _say(self, refusal: ApiError) -> bytes:
        return write_refusal(refusal, self._door.ids.next())


class _Definitions:
    """What a call is read with, for one client."""

    __slots__ = ("_identity", "_plane", "names")

    def __init__(self, plane: DataPlane, identity: Identity) -> None:
        self._plane = plane
        self._identity = identity
        self.names = plane.lists.names

    async def key_schema(self, table: str) -> KeySchema:
        found = await self._plane.key_schema(self._identity, table)
        return KeySchema(*(KeyAttribute(name, kind) for name, kind in found))


def framed(reply: bytes) -> bytes:
    """A reply as clients want it who asked for frames: all of it in one.

    A frame has a header of eight bytes: its length, the header's included, and flags, of which the
    lowest of the fifth byte says that the reply ends with this frame.
    """
    return (len(reply) + 8).to_bytes(4, "big") + b"\x01\0\0\0" + reply


async def _framed_later(answer: Coroutine[Any, Any, bytes]) -> bytes:
    return framed(await answer)


def _read_method(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """The number of a method that is one of ours; raises ApiError for any other."""
    service, at = cbor.read_int(data, at)
    method, at = cbor.read_int(data, at)
    if service != methods.SERVICE or method not in METHODS:
        # How long its arguments are, nobody knows: this is the last we can say.
        raise ApiError("UnknownOperationException", f"No method {method} of service {service}")
    return method, at
