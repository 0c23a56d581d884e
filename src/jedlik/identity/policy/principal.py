"""Whether a resource's policy means a caller, how directly, and what the caller's keys are."""

from __future__ import annotations

from collections.abc import Sequence

from jedlik.identity.principals import Principal

from .compiled import Principals, Statement

NOBODY, ACCOUNT, ROLE, DIRECT = range(4)
"""How directly. ACCOUNT: through the account, which says who of its own may; ROLE: the role of a
session or the user behind one; DIRECT: the very user or session, or everybody."""

ANONYMOUS = Principal("anonymous", "anonymous")
"""Who did not sign at all: only a resource's policy that names everybody ("*") lets them in. Of
kind "root" in an account that owns nothing, since no identity policy can be asked."""

_OWN_KEYS = frozenset(
    ("aws:username", "aws:userid", "aws:principalarn", "aws:principalaccount",
     "aws:principaltype", "aws:principalorgid", "aws:principalisawsservice",
     "aws:principalservicename", "aws:tokenissuetime", "aws:multifactorauthpresent",
     "aws:federatedprovider", "aws:sourceidentity", "aws:rolesessionname")
)  # fmt: skip
_PREFIX = "aws:principaltag/"


class OwnKeys:
    """The condition keys that a principal has whatever it asks for."""

    def __init__(self, principal: Principal) -> None:
        found = {key.lower(): (value,) for key, value in principal.context.items()}
        found.setdefault("aws:principalarn", (principal.issuer_arn or principal.arn,))
        found.setdefault("aws:principalaccount", (principal.account,))
        found.setdefault("aws:userid", (principal.id,))
        if principal.kind == "user":
            found.setdefault("aws:username", (principal.name,))
        found.setdefault("aws:principalisawsservice", ("false",))
        for key, value in principal.tags.items():
            found[_PREFIX + key.lower()] = (value,)
        self._found = found

    def get(self, key: str, /) -> Sequence[str] | None:
        return self._found.get(key)

    def owns(self, key: str, /) -> bool:
        """Whether only the principal can have the key, so that absent means absent."""
        return key in self._found or key in _OWN_KEYS or key.startswith(_PREFIX)


def named(statement: Statement, principal: Principal) -> int:
    """How directly a statement of a resource's policy means a principal."""
    principals = statement.principals
    if principals is None:
        return NOBODY
    level = _level(principals, principal)
    if not statement.but_principals:
        return level
    # NotPrincipal exempts who is named; the account beside is there for AWS's own check only.
    if level >= ROLE or (level == ACCOUNT and principal.kind == "root"):
        return NOBODY
    return DIRECT


def _level(principals: Principals, principal: Principal) -> int:
    aws = principals.aws
    if "*" in aws or principal.arn in aws:
        return DIRECT
    if principal.issuer_arn and principal.issuer_arn in aws:
        return ROLE
    if principal.account in aws or f"arn:aws:iam::{principal.account}:root" in aws:
        return DIRECT if principal.kind == "root" else ACCOUNT
    return NOBODY
