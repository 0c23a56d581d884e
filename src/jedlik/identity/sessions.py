"""Sessions: temporary credentials whose token carries all there is to know about them.

    token = base64( "jedlik" 1 · nonce · AES-GCM( zlib( MessagePack of Session ) ) )

Encrypted under a key of the data folder, so nothing is stored, every process of a cluster accepts
what another has issued, and nobody can read or change what a token grants. The secret access key
is derived from the access key under the same secret. What roles and users may do is looked up when
a session is used, not when it is made: changes count at once, and a session of a role that was
deleted is no good any more.
"""

from __future__ import annotations

import hmac
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from .key_ids import TEMPORARY, Random, new_key_id

_MARK = b"jedlik\x01"
MARK = b64encode(b"jedlik").decode()
"""How every token of ours begins."""
_NONCE = 12
_TOKEN_MAX = 16_384

Of = Literal["role", "user", "federated-user", "root"]


@dataclass(frozen=True)
class Session:
    """of: whose permissions it has: those of a role, of a user (GetSessionToken), of a user under
    another name (GetFederationToken; of root if `name` is empty), of root.

    name, id: of that role or user. session_name: of a role's session or the federated user.
    policies: session policies, as text; policy_arns: managed ones; `narrowed`: whether there were
    any. tags: session tags; transitive: the keys that go along to the next role.
    context: condition keys to add, such as those of a web identity. Times are epoch seconds.
    """

    of: Of
    account: str
    access_key: str
    issued_at: int
    expires_at: int
    name: str = ""
    id: str = ""
    session_name: str = ""
    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()
    narrowed: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    context: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Issued:
    """What a client gets."""

    access_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: int


class Sessions:
    """master: the secret of the data folder, 32 bytes."""

    def __init__(self, master: bytes, random: Random) -> None:
        self._master = master
        self._random = random
        self._key = hmac.digest(master, b"session tokens", "sha256")

    def issue(self, of: Of, **parts: Any) -> Issued:
        """New credentials; `parts` are those of Session."""
        session = Session(of, access_key=self.new_access_key(), **parts)
        nonce = self._random(_NONCE)
        packed = zlib.compress(msgspec.msgpack.encode(session))
        sealed = self._cipher().encrypt(nonce, packed, _MARK)
        token = b64encode(_MARK + nonce + sealed).decode()
        secret = self.secret(session.access_key)
        return Issued(session.access_key, secret, token, session.expires_at)

    def open(self, token: str) -> Session | None:
        """What a token says; None if it is not one of ours, whole and unchanged."""
        from cryptography.exceptions import InvalidTag

        if not token.startswith(MARK) or len(token) > _TOKEN_MAX:
            return None
        try:
            sealed = b64decode(token, validate=True)
            if not sealed.startswith(_MARK) or b64encode(sealed).decode() != token:
                return None  # base64 has several spellings of the same last byte
            body = sealed[len(_MARK) :]
            packed = self._cipher().decrypt(body[:_NONCE], body[_NONCE:], _MARK)
        except (ValueError, InvalidTag):
            return None
        return msgspec.msgpack.decode(zlib.decompress(packed), type=Session)

    def new_access_key(self) -> str:
        return new_key_id(TEMPORARY, self._master, self._random)

    def secret(self, access_key: str) -> str:
        """The secret access key that belongs to a temporary access key."""
        made = hmac.digest(self._master, b"secret:" + access_key.encode(), "sha256")
        return b64encode(made[:30]).decode()

    def size_share(self, session: Session) -> int:
        """How much of the room for policies and tags they take, in percent.

        Unverified: AWS packs them in a form of its own and only tells the percentage.
        """
        packed = zlib.compress(
            msgspec.msgpack.encode((session.policies, session.policy_arns, session.tags))
        )
        return -(-len(packed) * 100 // 2048)

    def _cipher(self) -> Any:
        # Imported when the first session is made or seen: it takes longer than all else here.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key)
