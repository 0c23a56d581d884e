"""Authoriser: whether the caller of a request may do what it asks; the refusal if not.

    operation.permissions.asks(ctx, req)        what has to be allowed: actions on resources
      → narrow(principal, action, resource)     remembered: what is left of all policies
        → bound(the request's shape)            remembered, on the data path
          → decide(the request's own keys)      nothing, mostly

On the data path the same table, attributes and expressions come again and again, and only the
partition key's value differs; so what is left for a shape is one comparison with that value.

What is left is remembered by the Principal object, which the directory replaces when anything
about it changes, and with the `stamp` of the resource's policies; so a change holds from the next
request on. Called by `wire` for every request, `allows` on the short way and `require` on the
complete one.

Root may do anything in its account, and so may whoever open mode lets in with an unknown key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from jedlik.api.access import Ask, Leading, OnSubject, Unknowable
from jedlik.api.context import Context
from jedlik.api.operation import Operation
from jedlik.api.ways import Rows, every_row

from .policy import Decision, Malformed, Residual, narrow, parse_document, refusal_text
from .policy.compiled import CompiledPolicy
from .policy.document import PolicyKind
from .principals import Policy, Principal
from .request_keys import NotAtHand, RequestKeys, Transport

PRINCIPALS_MAX = 1024
DECISIONS_MAX = 4096
"""Of one principal. Names of resources are the client's to make up, so there is an end to them."""
SHAPES_MAX = 64
"""Of one operation on one table."""
POLICIES_MAX = 4096

_NOBODY = {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
_NOBODY_AT_ALL = {"Statement": {**_NOBODY["Statement"], "Principal": "*"}}

Request = dict[str, Any]


class _Kept:
    """What is left of one principal's policies: by action, resource and its owner, with the stamp
    of the resource's policies; and on the data path by operation, region, table and index."""

    __slots__ = ("by_ask", "by_place")

    def __init__(self) -> None:
        self.by_ask: dict[tuple[str, str, str], tuple[object, Residual]] = {}
        self.by_place: dict[tuple[Any, ...], _Place] = {}


class _Place:
    """What is left for one operation on one table, where only its own condition keys are asked.

    subject: the table. whole: whether keys but the leading ones are asked. by_shape: of the
    requests' shapes where the leading value is and whether it is allowed; None: look each time.
    """

    __slots__ = ("allowed", "by_shape", "residual", "subject", "whole")

    def __init__(self, subject: object, residual: Residual, whole: bool) -> None:
        self.subject = subject
        self.residual = residual
        self.whole = whole
        self.by_shape: dict[Hashable, tuple[Leading, Callable[[str], bool]] | None] = {}
        self.allowed = None if residual.always is None else residual.always.allowed

    def learn(self, on_subject: OnSubject, req: Request, shape: Hashable) -> None:
        """Remember what is left for requests like this one."""
        leading, found = on_subject.leading(req, self.subject), None
        keys = on_subject.keys_for(req, self.subject)
        if leading is not None and keys is not None:
            of_row = on_subject.leading_keys
            left = self.residual.bound(keys, lambda key: key not in of_row)
            allows = left.by_value(of_row)
            found = None if allows is None else (leading, allows)
        if len(self.by_shape) >= SHAPES_MAX:
            del self.by_shape[next(iter(self.by_shape))]
        self.by_shape[shape] = found


class Authoriser:
    """Judges requests; remembers what is left of the policies for each principal."""

    def __init__(self) -> None:
        self._kept: dict[Principal, _Kept] = {}
        self._compiled: dict[Policy, CompiledPolicy] = {}
        self._recent: Principal | None = None
        self._of_recent = _Kept()

    def allows(self, ctx: Context, operation: Operation, req: Request) -> bool:
        """Whether the request is allowed beyond doubt; False: `require` has to look closely."""
        principal = ctx.principal
        if principal is None:
            return True
        if principal.kind == "root" and _names_own_table(req):
            return True
        kept = self._of_recent if principal is self._recent else self._kept_of(principal)
        on_subject = operation.on_subject
        if on_subject is not None:
            subject = on_subject.subject(ctx, req)
            if subject is None:
                return False
            place = operation, ctx.region, req["TableName"], req.get("IndexName")
            known = kept.by_place.get(place)
            if known is not None and known.subject is subject:
                if known.allowed is not None:
                    return known.allowed
                shape = on_subject.shape(req, known.whole)
                if shape is not None:
                    if shape not in known.by_shape:
                        known.learn(on_subject, req, shape)
                    found = known.by_shape[shape]
                    if found is not None:
                        value = found[0].of(req)
                        if value is not None:
                            return found[1](value)
                keys = on_subject.keys_for(req, subject)
                if keys is not None:
                    return known.residual.holds(keys)
        asks = operation.permissions.asks(ctx, req)
        if asks is None:
            return False
        try:
            for ask in asks:
                stamped = kept.by_ask.get((ask.action, ask.resource, ask.owner))
                if stamped is None or stamped[0] is not ask.stamp:
                    stamped = self._narrow(principal, kept, ask)
                residual = stamped[1]
                if residual.always is not None:
                    if not residual.always.allowed:
                        return False
                elif not residual.decide(_keys(ctx, req, None, ask)).allowed:
                    return False
                if not residual.same_account:
                    return False
        except (NotAtHand, Unknowable):
            return False
        if on_subject is not None and not residual.asks_for("aws:"):
            if len(kept.by_place) >= DECISIONS_MAX:
                del kept.by_place[next(iter(kept.by_place))]
            whole = not residual.keys <= on_subject.leading_keys
            kept.by_place[place] = _Place(subject, residual, whole)
        return True

    def rows(self, ctx: Context, operation: Operation, req: Request) -> Rows | None:
        """The rows that the caller of an allowed request may have by others of its shape, for as
        long as the principal and the table are the same; None: each request is to be judged."""
        principal = ctx.principal
        if principal is None or principal.kind == "root":
            return every_row
        on_subject = operation.on_subject
        if on_subject is None:
            return None
        subject = on_subject.subject(ctx, req)
        place = operation, ctx.region, req["TableName"], req.get("IndexName")
        known = self._kept_of(principal).by_place.get(place)
        if known is None or known.subject is not subject:
            return None
        if known.allowed is not None:
            return every_row if known.allowed else None
        shape = on_subject.shape(req, known.whole)
        if shape is None:
            return None
        if shape not in known.by_shape:
            known.learn(on_subject, req, shape)
        found = known.by_shape[shape]
        return None if found is None else found[1]

    async def require(
        self, ctx: Context, operation: Operation, req: Request, transport: Transport
    ) -> None:
        """Raises the refusal of the first thing that is not allowed, as an ApiError."""
        principal = ctx.principal
        if principal is None:
            return
        asks = await operation.permissions.asks_after_reading(ctx, req)
        others = set()
        for ask in asks:
            decision, residual = self._judge(ctx, req, principal, ask, transport)
            if decision.allowed:
                if not residual.same_account:
                    others.add(ask.owner or ask.resource.split(":")[4])
                continue
            text = refusal_text(principal.arn, ask.action, ask.resource, decision)
            refusal = operation.denied(text)
            if ask.member is None:
                raise refusal
            ctx.refused = {**(ctx.refused or {}), ask.member: refusal}
        if others:
            ctx.granted = frozenset(others)

    def check(self, ctx: Context, ask: Ask, req: Request, transport: Transport) -> Decision:
        """The decision about a single thing, for whoever speaks for a user by other ways."""
        if ctx.principal is None:
            return Decision(True)
        return self._judge(ctx, req, ctx.principal, ask, transport)[0]

    def possible(self, ctx: Context, ask: Ask) -> bool:
        """Whether policies may allow the action on the resource, to some request at least."""
        if ctx.principal is None:
            return True
        kept = self._kept_of(ctx.principal)
        found = kept.by_ask.get((ask.action, ask.resource, ask.owner))
        if found is None or found[0] is not ask.stamp:
            found = self._narrow(ctx.principal, kept, ask)
        return found[1].always is None or found[1].always.allowed

    def _judge(
        self,
        ctx: Context,
        req: Request,
        principal: Principal,
        ask: Ask,
        transport: Transport | None,
    ) -> tuple[Decision, Residual]:
        kept = self._kept_of(principal)
        found = kept.by_ask.get((ask.action, ask.resource, ask.owner))
        if found is None or found[0] is not ask.stamp:
            found = self._narrow(principal, kept, ask)
        residual = found[1]
        try:
            return residual.decide(_keys(ctx, req, transport, ask)), residual
        except Unknowable:
            return Decision(False, kind="identity"), residual

    def _kept_of(self, principal: Principal) -> _Kept:
        found = self._kept.get(principal)
        if found is None:
            if len(self._kept) >= PRINCIPALS_MAX:
                del self._kept[next(iter(self._kept))]
            found = self._kept[principal] = _Kept()
        self._recent, self._of_recent = principal, found
        return found

    def _narrow(self, principal: Principal, kept: _Kept, ask: Ask) -> tuple[object, Residual]:
        if len(kept.by_ask) >= DECISIONS_MAX:
            del kept.by_ask[next(iter(kept.by_ask))]
        residual = narrow(
            principal,
            ask.action,
            ask.resource,
            _resource_policies(ask.policies),
            account=ask.owner,
            needs_resource_allow=ask.needs_resource_allow,
            compile=self._compile,
        )
        found = kept.by_ask[ask.action, ask.resource, ask.owner] = (ask.stamp, residual)
        return found

    def _compile(self, policy: Policy) -> CompiledPolicy:
        found = self._compiled.get(policy)
        if found is None:
            if len(self._compiled) >= POLICIES_MAX:
                del self._compiled[next(iter(self._compiled))]
            found = self._compiled[policy] = _readable(policy.document, "identity", policy.name)
        return found


def _keys(ctx: Context, req: Request, transport: Transport | None, ask: Ask) -> RequestKeys:
    owner = ask.owner or _owner(ask.resource) or ctx.account
    return RequestKeys(ctx, req, transport, owner=owner, more=ask.keys)


def _owner(resource: str) -> str:
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def _resource_policies(texts: Mapping[str, str]) -> list[CompiledPolicy]:
    return [_readable(text, "resource", name) for name, text in texts.items()]


def _readable(document: str | Mapping[str, Any], kind: PolicyKind, name: str) -> CompiledPolicy:
    """The compiled policy. One that was stored and cannot be read refuses everybody: nobody knows
    whom it was meant to refuse."""
    try:
        return parse_document(document, kind=kind, name=name)
    except Malformed:
        return parse_document(_NOBODY if kind == "identity" else _NOBODY_AT_ALL, kind=kind)


def _names_own_table(req: Request) -> bool:
    """Whether all that a request is about is a table by its name, which is one of the account."""
    name = req.get("TableName")
    return type(name) is str and not name.startswith("arn:")
