"""Policy documents: from JSON to statements ready to be matched, or why that is no policy.

Used for every document that a client sends (MalformedPolicyDocument, PutResourcePolicy) and, the
same way, for those that are evaluated. kind says what a document may have: an identity's policy
has no Principal, a resource's must, a trust policy has a Principal and no Resource.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from .compiled import CompiledPolicy, Principals, Statement
from .conditions import conditions, split_operator
from .globs import Part, arn_glob, glob
from .operators import OPERATORS
from .templates import Template, template

PolicyKind = Literal["identity", "resource", "trust"]

VERSIONS = ("2012-10-17", "2008-10-17")
_TOP = frozenset(("Version", "Id", "Statement"))
_OF_STATEMENT = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
     "NotResource", "Condition")
)  # fmt: skip
_PRINCIPAL_KINDS = frozenset(("AWS", "Service", "Federated", "CanonicalUser"))
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL_ARN = re.compile(
    r"arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/[^*?\s]+)"
)
_ID = re.compile(r"A(RO|ID)A[A-Z0-9]+")  # what stays of a user or role that was deleted


class Malformed(Exception):
    """No policy. message: in AWS's words, where they are known."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse_document(
    document: str | Mapping[str, Any], *, kind: PolicyKind = "identity", name: str = ""
) -> CompiledPolicy:
    """Check a document and compile it; raises Malformed. name: what it is called in decisions."""
    found = check_document(document, kind=kind)
    variables = found.get("Version") == VERSIONS[0]
    statements = [
        _statement(each, i, variables=variables) for i, each in enumerate(_statements(found))
    ]
    return CompiledPolicy(name, tuple(statements))


def check_document(
    document: str | Mapping[str, Any], *, kind: PolicyKind = "identity"
) -> Mapping[str, Any]:
    """The document as decoded JSON, if it is a policy of the kind; raises Malformed."""
    found = _decoded(document) if isinstance(document, str) else document
    if not isinstance(found, Mapping) or not found or not _TOP.issuperset(found):
        raise Malformed(_SYNTAX)
    if found.get("Version", VERSIONS[1]) not in VERSIONS:
        raise Malformed(
            "The policy must contain a valid version string"
            if not isinstance(found["Version"], str)
            else "Policy document must be version 2012-10-17 or greater."
        )
    if not isinstance(found.get("Id", ""), str):
        raise Malformed(_SYNTAX)
    statements = _statements(found)
    if not statements:
        raise Malformed(_SYNTAX)
    sids = [each["Sid"] for each in statements if isinstance(each, Mapping) and "Sid" in each]
    for each in statements:
        _check_statement(each, kind)
    if len(set(sids)) < len(sids):
        raise Malformed("Statement IDs (SID) in a single policy must be unique.")
    return found


_SYNTAX = "Syntax errors in policy."


def _decoded(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # JSON lets a member come twice, and most readers take the last: no policy may be read
        # one way by its author and another way here.
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError
        return found

    try:
        orjson.loads(text)  # Python's own takes NaN, halves of characters and endless numbers
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Malformed(_SYNTAX) from None


def _statements(document: Mapping[str, Any]) -> Sequence[Any]:
    found = document.get("Statement")
    if isinstance(found, Mapping):
        return [found]
    return found if isinstance(found, list) else []


def _check_statement(statement: Any, kind: PolicyKind) -> None:
    if not isinstance(statement, Mapping) or not _OF_STATEMENT.issuperset(statement):
        raise Malformed(_SYNTAX)
    if not isinstance(statement.get("Sid", ""), str):
        raise Malformed(_SYNTAX)
    if statement.get("Effect") not in ("Allow", "Deny"):
        if "Effect" in statement and isinstance(statement["Effect"], str):
            raise Malformed(f"Invalid effect: {statement['Effect']}")
        raise Malformed(_SYNTAX)
    _check_principals(statement, kind)
    _one_of(statement, "Action", "NotAction", needed=True)
    for action in _texts(statement, "Action", "NotAction"):
        if not _ACTION.fullmatch(action):
            if ":" not in action:
                raise Malformed(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                )
            raise Malformed("The policy failed legacy parsing")
    if kind == "trust":
        for prohibited in ("Resource", "NotResource"):
            if prohibited in statement:
                raise Malformed("Has prohibited field Resource")
    else:
        _one_of(statement, "Resource", "NotResource", needed=True)
        for resource in _texts(statement, "Resource", "NotResource"):
            _check_resource(resource)
    if "Condition" in statement:
        _check_condition(statement["Condition"])


def _one_of(statement: Mapping[str, Any], one: str, other: str, *, needed: bool) -> None:
    if one in statement and other in statement:
        raise Malformed(_SYNTAX)
    if needed and one not in statement and other not in statement:
        raise Malformed(f"Missing required field {one}")


def _texts(statement: Mapping[str, Any], *names: str) -> list[str]:
    for name in names:
        if name in statement:
            value = statement[name]
            found = [value] if isinstance(value, str) else value
            if not isinstance(found, list) or not found:
                raise Malformed(_SYNTAX)
            if not all(isinstance(each, str) for each in found):
                raise Malformed(_SYNTAX)
            return found
    return []


def _check_resource(resource: str) -> None:
    if resource == "*" or resource.startswith("${"):
        return
    parts = resource.split(":", 5)
    if parts[0] in ("arn", "*") and (len(parts) == 6 or resource.endswith("*")):
        return
    raise Malformed(f'Resource {resource} must be in ARN format or "*".')


def _check_principals(statement: Mapping[str, Any], kind: PolicyKind) -> None:
    there = "Principal" in statement or "NotPrincipal" in statement
    if kind == "identity":
        if there:
            raise Malformed("Policy document should not specify a principal.")
        return
    _one_of(statement, "Principal", "NotPrincipal", needed=False)
    if not there:
        raise Malformed("Missing required field Principal")
    found = statement.get("Principal", statement.get("NotPrincipal"))
    if found == "*":
        return
    if not isinstance(found, Mapping) or not found or not _PRINCIPAL_KINDS.issuperset(found):
        raise Malformed(_SYNTAX)
    for name, value in found.items():
        for text in _texts({name: value}, name):
            if name == "AWS" and not _is_principal(text):
                raise Malformed(f'Invalid principal in policy: "AWS":"{text}"')


def _is_principal(text: str) -> bool:
    return (
        text == "*"
        or _ACCOUNT.fullmatch(text) is not None
        or _PRINCIPAL_ARN.fullmatch(text) is not None
        or _ID.fullmatch(text) is not None
    )


def _check_condition(block: Any) -> None:
    if not isinstance(block, Mapping):
        raise Malformed(_SYNTAX)
    for name, keys in block.items():
        quantifier, operator, if_exists = split_operator(name)
        known = operator in OPERATORS or (operator == "null" and not if_exists and not quantifier)
        if not known:
            raise Malformed(f"Invalid Condition type : {name}.")
        if not isinstance(keys, Mapping) or not keys:
            raise Malformed(_SYNTAX)
        for key, value in keys.items():
            if ":" not in key:
                raise Malformed(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                )
            values = value if isinstance(value, list) else [value]
            if not values or not all(isinstance(each, str | int | float) for each in values):
                raise Malformed(_SYNTAX)


def _statement(statement: Mapping[str, Any], number: int, *, variables: bool) -> Statement:
    denies = statement["Effect"] == "Deny"
    resources = [
        template(text, variables=variables) for text in _texts(statement, "Resource", "NotResource")
    ]
    return Statement(
        number=number,
        sid=statement.get("Sid"),
        denies=denies,
        actions=tuple(
            glob([Part(text.lower(), True)]) for text in _texts(statement, "Action", "NotAction")
        ),
        but_actions="NotAction" in statement,
        resources=tuple(
            arn_glob(found) for each in resources if (found := _fixed(each)) is not None
        ),
        templates=tuple(each for each in resources if each.keys),
        but_resources="NotResource" in statement,
        any_resource=not resources,
        principals=_principals(statement.get("Principal", statement.get("NotPrincipal"))),
        but_principals="NotPrincipal" in statement,
        tests=conditions(statement.get("Condition", {}), variables=variables, denies=denies),
    )


def _fixed(text: Template) -> list[Part] | None:
    return None if text.keys else [part for part in text.parts if isinstance(part, Part)]


def _principals(found: Any) -> Principals | None:
    if found is None:
        return None
    if found == "*":
        return Principals(frozenset(("*",)))
    texts = {name: frozenset(_texts(found, name)) for name in found}
    return Principals(
        texts.get("AWS", frozenset()),
        texts.get("Service", frozenset()),
        texts.get("Federated", frozenset()),
    )
