"""Policy documents as IAM takes and gives them."""

from __future__ import annotations

import re
from urllib.parse import quote

from jedlik.identity.policy import Malformed, check_document
from jedlik.identity.policy.document import PolicyKind
from jedlik.services.iam.errors import malformed_document, quota
from jedlik.services.iam.limits import MANAGED_POLICY_CHARACTERS, TRUST_CHARACTERS

_WHITE = re.compile(r"\s")


def checked(document: str, kind: PolicyKind = "identity") -> str:
    """The document, if it is a policy. Raises MalformedPolicyDocument."""
    try:
        found = check_document(document, kind=kind)
    except Malformed as fault:
        raise malformed_document(fault.message) from None
    if kind == "trust":
        statements = found["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            actions = statement.get("Action", [])
            for action in [actions] if isinstance(actions, str) else actions:
                if action != "*" and not action.lower().startswith("sts:"):
                    raise malformed_document(
                        "AssumeRole policy may only specify STS AssumeRole actions."
                    )
    return document


def characters(document: str) -> int:
    """How many count: blanks do not."""
    return len(_WHITE.sub("", document))


def escaped(document: str) -> str:
    """A document as answers have it: URL-encoded (RFC 3986)."""
    return quote(document, safe="")


def checked_trust(document: str) -> str:
    """A role's trust policy. Raises MalformedPolicyDocument, LimitExceeded."""
    if characters(document) > TRUST_CHARACTERS:
        raise quota("ACLSizePerRole", TRUST_CHARACTERS)
    return checked(document, "trust")


def checked_managed(document: str) -> str:
    """A version of a managed policy. Raises MalformedPolicyDocument, LimitExceeded."""
    if characters(document) > MANAGED_POLICY_CHARACTERS:
        raise quota("PolicySize", MANAGED_POLICY_CHARACTERS)
    return checked(document)
