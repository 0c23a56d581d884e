"""Plan: the short way for requests like one that was accepted before.

    find the operation → authenticate → decode and check its shape → authorise → run → encode

The same steps as `gateway.py`, each reduced to a look-up, in one function without a coroutine or
a Request of its own: this is the path that nearly every request takes, and a call more costs it a
percent. It only accepts. When anything is not as expected before the operation runs, it gives up
(None), and the gateway looks at the request closely and refuses it in AWS's words.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from re import Match
from typing import TYPE_CHECKING, Any

from orjson import JSONDecodeError, dumps, loads

from jedlik.api.context import Context
from jedlik.api.ways import Later, Rows, every_row
from jedlik.identity import SIGNATURE_DIGITS, HeaderSignatures, Identity, RepeatedSignature
from jedlik.net import Layout, Reply, Request
from jedlik.net.request import Answer
from jedlik.net.resume import Begun, Due
from jedlik.net.stepping import step

from . import cors
from .answer_lines import answer_lines
from .checksum import crc32
from .endpoint import Endpoint
from .id_forms import Ids
from .known_ways import KnownWay

if TYPE_CHECKING:
    from .gateway import Gateway

logger = logging.getLogger(__name__)

AnswerAgain = Callable[[bytes, bytes], Any]
CheckSignature = Callable[[Match[bytes], bytes, bytes, float], Identity | None]

_NEEDED = {b"x-amz-target", b"content-type", b"authorization"}


class Plan:
    """The short way of one header layout.

    routes: X-Amz-Target → the plan itself or its sibling, endpoint and signature check, of the
    operations that were called. A sibling is the same for services whose request ids have another
    form, so that no request is asked which it has.
    """

    __slots__ = ("_authorisation_group", "_authoriser", "_db", "_gateway", "_layout", "_lines",
                 "_looks_first", "_next_id", "_observer", "_routes", "_settings", "_sibling",
                 "_signatures", "_target_group", "_type_group", "clock")  # fmt: skip

    @staticmethod
    def fits(layout: Layout) -> bool:
        """Whether requests of this layout can take a short way."""
        return layout.method == b"POST" and layout.groups.keys() >= _NEEDED

    def __init__(self, gateway: Gateway, layout: Layout, ids: Ids | None = None) -> None:
        self._gateway = gateway
        self._layout = layout
        self._target_group = layout.groups[b"x-amz-target"]
        self._type_group = layout.groups[b"content-type"]
        self._authorisation_group = layout.groups[b"authorization"]
        self._lines = cors.ORIGIN_LINE if b"origin" in layout.groups else ""
        self._routes: dict[bytes, tuple[Plan, Endpoint, CheckSignature]] = {}
        self._signatures: dict[str, HeaderSignatures] = {}
        # What the gateway has and every request needs.
        self._authoriser = gateway.authoriser
        self.clock = gateway.clock
        self._observer = gateway.observer
        self._db = gateway.db
        self._looks_first = gateway.looks_first
        self._settings = gateway.settings
        self._next_id = (gateway.ids if ids is None else ids).next
        self._sibling: Plan | None = None

    def answer(self, match: Match[bytes], body: bytes) -> Answer | Reply | Begun | Due | None:
        """As `Layout.plan` asks: the answer, one that is begun, or None to look closely."""
        return None if self._looks_first else self.take(match, body)

    def take(self, match: Match[bytes], body: bytes) -> Answer | Reply | Begun | Due | None:
        """The same, for who has looked whether the tables are still what they were."""
        route = self._routes.get(match[self._target_group])
        if route is None:
            return None
        plan, endpoint, check_signature = route
        if match[self._type_group] != endpoint.content_type:
            return None
        now = self.clock()
        identity = check_signature(match, match[self._authorisation_group], body, now)
        if identity is None:
            return None
        return plan.serve(endpoint, identity, body, now)

    def serve(
        self, endpoint: Endpoint, identity: Identity, body: bytes, now: float
    ) -> Answer | Reply | Begun | Due | None:
        """The way from the body on: decode, check, authorise, run, encode; or less, if there is a
        known way for such bodies."""
        ways = endpoint.ways
        if ways is not None:
            answer = ways.answer(identity, body, now)
            if answer is not None:
                if not isinstance(answer, bytes):
                    ending = _Ending(self, endpoint, ways.recent, identity, answer, body, now)
                    return Due(answer.waiting, ending)
                took_s = self.clock() - now
                endpoint.metrics.count_good(took_s)
                way = ways.recent
                if way is not None and way.count is not None:
                    way.count(took_s)
                lines = answer_lines(
                    self._next_id(), self._lines, crc32(answer), endpoint.content_line
                )
                return lines, answer
        try:
            req = loads(body)
        except JSONDecodeError:
            return None
        if type(req) is not dict:
            return None
        request_id = self._next_id()
        ctx = Context(
            self._db,
            identity.account,
            identity.region,
            identity.principal,
            request_id,
            now,
            self._settings,
        )
        try:
            endpoint.check(req)
            authoriser = self._authoriser
            if authoriser is not None and not authoriser.allows(ctx, endpoint.operation, req):
                return None
            coroutine = endpoint.handler(ctx, req)
            ended, answer = step(coroutine)
            if not ended:
                rest = partial(self._ended, endpoint, identity, ctx, req, body)
                return Begun(coroutine, answer, rest)
            if type(answer) is not bytes:
                answer = dumps(answer)
        except Exception as error:
            return self.refusal(endpoint, ctx, error, body)
        took_s = self.clock() - now
        endpoint.metrics.count_good(took_s)
        if self._observer is not None:
            self._observer.served(ctx, endpoint.operation, took_s)
        if ways is not None and ways.wants(body, now):
            self._find_way(endpoint, identity, ctx, req, body)
        return (
            answer_lines(request_id, self._lines, crc32(answer), endpoint.content_line),
            answer,
        )

    def _find_way(
        self,
        endpoint: Endpoint,
        identity: Identity,
        ctx: Context,
        req: dict[str, Any],
        body: bytes,
    ) -> None:
        """Know a way for bodies like this one, which was just answered, if there is one."""
        try:
            self._add_way(endpoint, identity, ctx, req, body)
        except Exception:  # the answer is there, whatever becomes of the next ones
            logger.exception("no way was found for %s", endpoint.operation.name)

    def _add_way(
        self,
        endpoint: Endpoint,
        identity: Identity,
        ctx: Context,
        req: dict[str, Any],
        body: bytes,
    ) -> None:
        operation = endpoint.operation
        if endpoint.ways is None or operation.way is None:
            return
        authoriser = self._authoriser
        rows: Rows | None = (
            every_row if authoriser is None else authoriser.rows(ctx, operation, req)
        )
        if rows is None:
            return
        count = None
        if self._observer is not None:
            count = self._observer.counter(ctx, operation)
            if count is None:
                return
        way = operation.way(ctx, req, body, rows)
        if way is not None:
            endpoint.ways.add(KnownWay(identity, way, count, ctx.tables))

    def line(self, match: Match[bytes]) -> tuple[int, int]:
        """As `net.layout.Plan` asks: the signature's digits are what changes."""
        group = self._authorisation_group
        return group, match.end(group) - SIGNATURE_DIGITS

    def again(self, match: Match[bytes], position: int) -> AnswerAgain | None:
        """As `net.layout.Plan` asks, where all that decides comes before the digits."""
        if match.end(self._target_group) > position or match.end(self._type_group) > position:
            return None
        plan, endpoint, _ = self._routes[match[self._target_group]]
        signature = self._signatures[endpoint.signing_name].repeated(match, position)
        return None if signature is None else Again(plan, endpoint, signature).answer

    def learn(self, request: Request, endpoint: Endpoint, identity: Identity) -> None:
        """Recognise requests like this one, which the gateway has just accepted."""
        signatures = self._signatures.get(endpoint.signing_name)
        if signatures is None:
            signatures = self._signatures[endpoint.signing_name] = HeaderSignatures(
                self._layout.groups, self._gateway.authenticator, endpoint.signing_name
            )
        signatures.learn(request, identity, self.clock())
        target = request.header(b"x-amz-target")
        assert target is not None
        self._routes[target] = self._plan_of(endpoint), endpoint, signatures.check

    def _plan_of(self, endpoint: Endpoint) -> Plan:
        if endpoint.ids is self._gateway.ids:
            return self
        if self._sibling is None:
            self._sibling = Plan(self._gateway, self._layout, endpoint.ids)
        return self._sibling

    def _ended(
        self,
        endpoint: Endpoint,
        identity: Identity,
        ctx: Context,
        req: dict[str, Any],
        body: bytes,
        answer: Any,
        error: Exception | None,
    ) -> Reply:
        """The rest of the way for an operation that had to wait."""
        if error is not None:
            return self.refusal(endpoint, ctx, error, body)
        try:
            if type(answer) is not bytes:
                answer = dumps(answer)
        except Exception as fault:
            return self.refusal(endpoint, ctx, fault, body)
        took_s = self.clock() - ctx.now
        endpoint.metrics.count(200, took_s)
        if self._observer is not None:
            self._observer.served(ctx, endpoint.operation, took_s)
        ways = endpoint.ways
        if ways is not None and ways.wants(body, self.clock()):
            self._find_way(endpoint, identity, ctx, req, body)
        return self._reply(endpoint, 200, answer, ctx.request_id)

    def context(self, identity: Identity, now: float) -> Context:
        """That of a request by its own id."""
        return Context(
            self._db,
            identity.account,
            identity.region,
            identity.principal,
            self._next_id(),
            now,
            self._settings,
        )

    def told(self, endpoint: Endpoint, answer: bytes) -> str:
        """The header lines of an answer."""
        return answer_lines(self._next_id(), self._lines, crc32(answer), endpoint.content_line)

    def refusal(self, endpoint: Endpoint, ctx: Context, error: Exception, body: bytes) -> Reply:
        """What a request is told that failed, counted."""
        if self._observer is not None:
            self._observer.failed(ctx, endpoint.operation, error)
        answer, status, more = endpoint.failure(error, body, ctx.request_id)
        endpoint.metrics.count(status, self.clock() - ctx.now)
        return self._reply(endpoint, status, answer, ctx.request_id, more)

    def _reply(
        self, endpoint: Endpoint, status: int, body: bytes, request_id: str, more: str = ""
    ) -> Reply:
        return Reply(
            status,
            answer_lines(request_id, self._lines, crc32(body), f"{more}{endpoint.content_line}"),
            body,
        )


class _Ending:
    """The rest of the way for an answer that a way gives later. As `net.resume.Ending` asks."""

    __slots__ = ("_body", "_endpoint", "_identity", "_later", "_now", "_plan", "_way")

    def __init__(
        self,
        plan: Plan,
        endpoint: Endpoint,
        way: KnownWay | None,
        identity: Identity,
        later: Later,
        body: bytes,
        now: float,
    ) -> None:
        self._plan = plan
        self._endpoint = endpoint
        self._way = way
        self._identity = identity
        self._later = later
        self._body = body
        self._now = now

    def ended(self) -> Answer | Reply:
        """Counted and answered."""
        try:
            answer = self._later.answer()
        except Exception as fault:
            return self.failed(fault)
        plan, endpoint, way = self._plan, self._endpoint, self._way
        took_s = plan.clock() - self._now
        endpoint.metrics.count_good(took_s)
        if way is not None and way.count is not None:
            way.count(took_s)
        return plan.told(endpoint, answer), answer

    def failed(self, error: Exception) -> Reply:
        """Refused as the operation would have been."""
        ctx = self._plan.context(self._identity, self._now)
        if self._way is not None:
            ctx.tables = self._way.tables
        return self._plan.refusal(self._endpoint, ctx, error, self._body)


class Again:
    """The way of requests that differ from an answered one in signature, body and what follows."""

    __slots__ = ("_check", "_clock", "_endpoint", "_serve")

    def __init__(self, plan: Plan, endpoint: Endpoint, signature: RepeatedSignature) -> None:
        self._clock = plan.clock
        self._endpoint = endpoint
        self._serve = plan.serve
        self._check = signature.check

    def answer(self, digits: bytes, body: bytes) -> Answer | Reply | Begun | Due | None:
        """As `Plan.answer`; digits: the signature's."""
        now = self._clock()
        identity = self._check(digits, body, now)
        return None if identity is None else self._serve(self._endpoint, identity, body, now)
