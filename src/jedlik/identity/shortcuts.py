"""Shortcuts: verifying a signature again that only differs in date, body and digits.

From one client, the Authorization header is the same for a whole day up to its last 64 digits.
So each header layout remembers, by what stands before those digits, who it was, the signing key
and a template of the canonical request; a request that hits costs two SHA-256 and one HMAC on
cached states. A shortcut only ever accepts: whatever does not verify (a blank too many, a changed
key, a wrong digit) is looked at again by the Authenticator, which refuses in AWS's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from re import Match
from typing import Protocol

from .authenticator import CLOCK_SKEW_S, Authenticator
from .authorization import SignedRequest, parse_date, read_claim
from .credentials import Identity, KeyHolder
from .seal import Seal, payload_hash
from .sigv4 import ALGORITHM, SigningKey

SIGNATURE_DIGITS = 64
_DIGITS_MARK = b"Signature="
LIFETIME_S = 900.0
"""After so long a key goes the long way once, where its use is noted."""
_SHORTCUTS_MAX = 64  # by layout: access keys × days × regions × sets of signed headers


class LaidOutRequest(SignedRequest, Protocol):
    """A request with a learned layout: `match` gives raw header values by group."""

    @property
    def target(self) -> bytes: ...
    @property
    def match(self) -> Match[bytes] | None: ...


class Shortcut:
    """What is known of requests whose Authorization header begins alike.

    prefix: that beginning. key: None for a stranger in open mode, of whom nothing is verified.
    groups: of the date and of every signed header. template: the canonical request before the
    payload's hash, with a place for each signed header's value. token: the session token that
    came along. until: when the long way is to be taken again, at the latest when a session ends.
    """

    __slots__ = ("generation", "groups", "identity", "key", "prefix", "scope", "seal",
                 "template", "token", "until", "values")  # fmt: skip

    def __init__(self, prefix: bytes, identity: Identity, generation: int) -> None:
        """A stranger's."""
        self.until = inf
        self.prefix = prefix
        self.identity = identity
        self.generation = generation
        self.key: SigningKey | None = None

    def verify_with(
        self,
        key: SigningKey,
        *,
        template: bytes,
        groups: tuple[int, ...],
        scope: bytes,
        token: bytes | None,
        until: float,
    ) -> None:
        """Make it one that verifies."""
        self.until = until
        self.key = key
        self.template = template
        self.groups = groups
        self.scope = scope
        self.token = token
        self.values: tuple[bytes, ...] = ()
        self.seal: Seal | None = None

    def turn_to(self, values: tuple[bytes, ...]) -> Seal | None:
        """The seal of new values of the date and the signed headers; None for no proper date."""
        date = values[0]
        time_s = parse_date(date.decode("latin-1"))
        if time_s is None or date[:8] != self.scope[:8] or self.key is None:
            return None
        self.seal = Seal(
            self.template % values[1:],
            b"%b\n%b\n%b\n" % (ALGORITHM, date, self.scope),
            self.key,
            time_s - CLOCK_SKEW_S,
            time_s + CLOCK_SKEW_S,
        )
        self.values = values
        return self.seal


class RepeatedSignature:
    """Verifies requests that are known to be the same up to the signature's digits."""

    __slots__ = ("credentials", "generation", "identity", "seal", "until")

    def __init__(self, shortcut: Shortcut, seal: Seal | None, credentials: KeyHolder) -> None:
        self.identity = shortcut.identity
        self.generation = shortcut.generation
        self.until = shortcut.until
        self.seal = seal
        self.credentials = credentials

    def check(self, digits: bytes, body: bytes, now: float) -> Identity | None:
        """Who signed; None sends the caller a longer way."""
        if self.generation != self.credentials.generation or now >= self.until:
            return None
        seal = self.seal
        if seal is None or seal.fits(payload_hash(body), digits, now):
            return self.identity
        return None


class HeaderSignatures:
    """The shortcuts of one header layout, for requests `POST /` to one service.

    groups: lower-case header name → group in the layout's match.
    """

    def __init__(
        self, groups: Mapping[bytes, int], authenticator: Authenticator, service: str
    ) -> None:
        self._authenticator = authenticator
        self._credentials = authenticator.credentials
        self._service = service
        self._groups = groups
        self._date_group = groups.get(b"x-amz-date", 0)
        self._token_group = groups.get(b"x-amz-security-token", 0)
        self._content_group = groups.get(b"x-amz-content-sha256", 0)
        self._has_more = bool(self._token_group or self._content_group)
        self._known: dict[bytes, Shortcut] = {}
        self._recent: Shortcut | None = None

    def check(
        self, match: Match[bytes], authorization: bytes, body: bytes, now: float
    ) -> Identity | None:
        """Who signed, if a shortcut says so beyond doubt; None sends the caller the long way."""
        shortcut = self._recent
        if shortcut is None or shortcut.prefix != authorization[:-SIGNATURE_DIGITS]:
            shortcut = self._known.get(authorization[:-SIGNATURE_DIGITS])
            if shortcut is None:
                return None
            self._recent = shortcut
        if shortcut.generation != self._credentials.generation or now >= shortcut.until:
            return None
        if shortcut.key is None:
            return shortcut.identity
        values = match.group(*shortcut.groups)
        seal = shortcut.seal if values == shortcut.values else shortcut.turn_to(values)
        if seal is None:
            return None
        payload = payload_hash(body)
        if self._has_more and not self._check_more(match, shortcut, payload):
            return None
        return (
            shortcut.identity
            if seal.fits(payload, authorization[-SIGNATURE_DIGITS:], now)
            else None
        )

    def repeated(self, match: Match[bytes], position: int) -> RepeatedSignature | None:
        """For requests that are the same up to `position` as the one just checked.

        position: where the signature's digits begin. None unless all that is signed, but for the
        body, comes before.
        """
        shortcut = self._recent
        if shortcut is None or self._content_group:
            return None
        if shortcut.key is None:
            return RepeatedSignature(shortcut, None, self._credentials)
        groups = (*shortcut.groups, self._token_group or shortcut.groups[0])
        if shortcut.seal is None or any(match.end(group) > position for group in groups):
            return None
        return RepeatedSignature(shortcut, shortcut.seal, self._credentials)

    def _check_more(self, match: Match[bytes], shortcut: Shortcut, payload: bytes) -> bool:
        """Whether session token and declared payload hash, where they are sent, are right."""
        if self._token_group and match[self._token_group] != shortcut.token:
            return False
        return not self._content_group or match[self._content_group] == payload

    def learn(self, request: LaidOutRequest, identity: Identity, now: float) -> None:
        """Remember a request that the Authenticator has just accepted, if a shortcut can say so."""
        authorization = request.header(b"authorization")
        if (
            authorization is None
            or authorization[-SIGNATURE_DIGITS - len(_DIGITS_MARK) : -SIGNATURE_DIGITS]
            != _DIGITS_MARK
            or request.target != b"/"
            or request.method != b"POST"
        ):
            return
        shortcut = Shortcut(
            authorization[:-SIGNATURE_DIGITS], identity, self._credentials.generation
        )
        if identity.principal is not None and not self._complete(shortcut, request, now):
            return
        if len(self._known) >= _SHORTCUTS_MAX:
            del self._known[next(iter(self._known))]
        self._known[shortcut.prefix] = self._recent = shortcut

    def _complete(self, shortcut: Shortcut, request: LaidOutRequest, now: float) -> bool:
        """Let a shortcut verify requests like this; False if their signature needs more."""
        claim = read_claim(request)
        credential = self._credentials.find(claim.access_key, claim.token)
        signed = [name.encode("latin-1") for name in claim.signed_headers]
        if credential is None or not self._date_group:
            return False
        if not all(name in self._groups for name in signed):
            return False
        lines = b"".join(b"%b:%%b\n" % name.replace(b"%", b"%%") for name in signed)
        names = b";".join(signed).replace(b"%", b"%%")
        shortcut.verify_with(
            self._authenticator.signing_key(credential, claim),
            template=b"POST\n/\n\n%b\n%b\n" % (lines, names),
            groups=(self._date_group, *(self._groups[name] for name in signed)),
            scope=claim.scope.encode("latin-1"),
            token=request.header(b"x-amz-security-token"),
            until=min(now + LIFETIME_S, credential.expires_at),
        )
        return True
