"""What is stored of users, groups, roles, policies, keys and providers.

Rows of the internal table "iam" (see tables/internal.py); every name begins with the account, for
these things belong to accounts, not to regions:

    (kind, account + "|" + key) -> record        ("version", "one") -> number of changes so far

`key` is the name in lower case, because AWS takes no two names that differ in case only.
Times are epoch seconds. Policy documents are kept as they came, as text.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

from msgspec import Struct, field

AWS = "aws"
"""The account of the managed policies that are there from the start."""


class Login(Struct, frozen=True):
    """That a user may sign in at the console. The password itself is not kept: there is none."""

    created_at: float
    reset_required: bool = False


class Entity(Struct, frozen=True, kw_only=True):
    """What users, groups and roles have in common. inline: name → document; attached: ARNs of
    managed policies in the order in which they were attached."""

    name: str
    id: str
    account: str
    path: str = "/"
    created_at: float = 0.0
    inline: dict[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.name.lower()


class User(Entity, Struct, frozen=True, kw_only=True):
    """groups: names, in the order in which the user was added."""

    kind: ClassVar[str] = "user"
    groups: tuple[str, ...] = ()
    boundary: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    login: Login | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"


class Group(Entity, Struct, frozen=True, kw_only=True):
    kind: ClassVar[str] = "group"

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:group{self.path}{self.name}"


class Role(Entity, Struct, frozen=True, kw_only=True):
    """trust: the document that says who may assume it."""

    kind: ClassVar[str] = "role"
    trust: str
    description: str = ""
    session_s_max: int = 3600
    boundary: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"


class PolicyVersion(Struct, frozen=True):
    """number: 1 for "v1"."""

    number: int
    document: str
    created_at: float

    @property
    def id(self) -> str:
        return f"v{self.number}"


class ManagedPolicy(Struct, frozen=True, kw_only=True):
    """versions: oldest first; default: the number of the one that counts."""

    kind: ClassVar[str] = "policy"
    name: str
    id: str
    account: str
    path: str = "/"
    created_at: float = 0.0
    updated_at: float = 0.0
    description: str = ""
    versions: tuple[PolicyVersion, ...]
    default: int = 1
    next_number: int = 2
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.name.lower()

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"

    @property
    def document(self) -> str:
        """The text that counts."""
        return self.version(self.default).document

    def version(self, number: int) -> PolicyVersion:
        """Raises LookupError."""
        for each in self.versions:
            if each.number == number:
                return each
        raise LookupError(number)


class AccessKey(Struct, frozen=True, kw_only=True):
    """A user's key; of root, whose keys are not stored, there are none here."""

    kind: ClassVar[str] = "access-key"
    id: str
    secret: str
    user: str
    account: str
    status: str = "Active"
    created_at: float = 0.0

    def __repr__(self) -> str:  # without the secret
        return f"AccessKey({self.id!r}, {self.user!r}, {self.account!r}, {self.status!r})"

    @property
    def key(self) -> str:
        return self.id


class InstanceProfile(Struct, frozen=True, kw_only=True):
    """A name that holds a role; there are no instances here."""

    kind: ClassVar[str] = "instance-profile"
    name: str
    id: str
    account: str
    path: str = "/"
    created_at: float = 0.0
    role: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.name.lower()

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:instance-profile{self.path}{self.name}"


class OidcProvider(Struct, frozen=True, kw_only=True):
    """Who signs the tokens of AssumeRoleWithWebIdentity. url: without its scheme."""

    kind: ClassVar[str] = "oidc-provider"
    url: str
    account: str
    scheme: str = "https"
    client_ids: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    created_at: float = 0.0
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.url

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:oidc-provider/{self.url}"


class SamlProvider(Struct, frozen=True, kw_only=True):
    """metadata: the XML document of the identity provider."""

    kind: ClassVar[str] = "saml-provider"
    name: str
    id: str
    account: str
    metadata: str
    created_at: float = 0.0
    valid_until: float | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.name.lower()

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:saml-provider/{self.name}"


class Account(Struct, frozen=True, kw_only=True):
    """What an account itself has. password_policy: as the API shows it."""

    kind: ClassVar[str] = "account"
    account: str
    alias: str | None = None
    password_policy: dict[str, int | bool] | None = None

    @property
    def key(self) -> str:
        return ""


Stored = (
    User
    | Group
    | Role
    | ManagedPolicy
    | AccessKey
    | InstanceProfile
    | OidcProvider
    | SamlProvider
    | Account
)
KINDS: tuple[type[Stored], ...] = (
    User, Group, Role, ManagedPolicy, AccessKey, InstanceProfile, OidcProvider, SamlProvider,
    Account,
)  # fmt: skip
S = TypeVar("S", bound=Stored)
