"""A second evaluator, written from AWS's description without a look at the first: slow, direct,
nothing compiled, narrowed or remembered. It only knows what the generator makes.

A request is a dict: action, resource, keys (name → list of values), owner; a principal a dict of
arn, account, issuer, kind and its policies by kind, each a list of documents.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

Document = dict[str, Any]


def decide(principal: dict[str, Any], request: dict[str, Any], resource: list[Document]) -> str:
    """ "allowed", "explicit:<kind>" or "implicit"."""
    all_kinds = [
        ("identity", principal["identity"]),
        ("boundary", principal["boundary"]),
        ("session", principal["session"]),
        ("service_control", principal["service_control"]),
        ("resource", resource),
    ]
    for kind, documents in all_kinds:
        for document in documents or []:
            if _applies(document, "Deny", kind, principal, request):
                return f"explicit:{kind}"

    def allowed_by(kind: str, documents: list[Document]) -> bool:
        return any(_applies(each, "Allow", kind, principal, request) for each in documents)

    for control in principal["service_control"] or []:
        if not allowed_by("service_control", [control]):
            return "implicit"
    same_account = request["owner"] == principal["account"]
    how = max(
        (
            _named(statement, principal)
            for document in resource
            for statement in _matching(document, "Allow", "resource", principal, request)
        ),
        default=0,
    )
    identity = allowed_by("identity", principal["identity"])
    limited = all(
        allowed_by(kind, principal[kind])
        for kind in ("boundary", "session")
        if principal[kind] is not None
    )
    if same_account:
        if how == 3:
            return "allowed"
        return "allowed" if (how == 2 or identity) and limited else "implicit"
    return "allowed" if how > 0 and identity and limited else "implicit"


def _applies(
    document: Document, effect: str, kind: str, principal: dict[str, Any], request: dict[str, Any]
) -> bool:
    return bool(_matching(document, effect, kind, principal, request))


def _matching(
    document: Document, effect: str, kind: str, principal: dict[str, Any], request: dict[str, Any]
) -> list[Document]:
    variables = document.get("Version") == "2012-10-17"
    keys = {**_own_keys(principal), **request["keys"]}
    found = []
    for statement in document["Statement"]:
        if statement["Effect"] != effect:
            continue
        if kind == "resource" and not _named(statement, principal):
            continue
        if not _one_of(statement, "Action", request["action"], str.lower, None):
            continue
        if not _one_of(
            statement, "Resource", request["resource"], str, keys if variables else None
        ):
            continue
        blocks = statement.get("Condition", {})
        if all(
            _holds(operator, key, values, keys, variables)
            for operator, block in blocks.items()
            for key, values in block.items()
        ):
            found.append(statement)
    return found


def _own_keys(principal: dict[str, Any]) -> dict[str, list[str]]:
    keys = {
        "aws:PrincipalArn": [principal["issuer"]],
        "aws:PrincipalAccount": [principal["account"]],
    }
    if principal["kind"] == "user":
        keys["aws:username"] = [principal["name"]]
    for tag, value in principal["tags"].items():
        keys[f"aws:PrincipalTag/{tag}"] = [value]
    return keys


def _named(statement: Document, principal: dict[str, Any]) -> int:
    """0 not at all, 1 by its account, 2 by its role, 3 itself."""
    inverted = "NotPrincipal" in statement
    who = statement["NotPrincipal" if inverted else "Principal"]
    names = ["*"] if who == "*" else who["AWS"]
    names = [names] if isinstance(names, str) else names
    level = 0
    for name in names:
        if name in ("*", principal["arn"]):
            level = max(level, 3)
        elif name == principal["issuer"]:
            level = max(level, 2)
        elif name in (principal["account"], f"arn:aws:iam::{principal['account']}:root"):
            level = max(level, 1)
    if inverted:
        return 0 if level >= 2 else 3
    return level


def _one_of(
    statement: Document, name: str, value: str, fold: Any, keys: dict[str, list[str]] | None
) -> bool:
    inverted = f"Not{name}" in statement
    patterns = statement[f"Not{name}" if inverted else name]
    patterns = [patterns] if isinstance(patterns, str) else patterns
    found = False
    for pattern in patterns:
        expression = _expression(pattern, keys, by_field=name == "Resource")
        if expression is None:
            if inverted and statement["Effect"] == "Allow":
                return False
            continue
        if name == "Action":
            found = found or re.fullmatch(expression, value, re.IGNORECASE) is not None
        else:
            found = found or re.fullmatch(expression, fold(value), re.DOTALL) is not None
    return found != inverted


def _expression(pattern: str, keys: dict[str, list[str]] | None, *, by_field: bool) -> str | None:
    """A pattern as a regular expression; None if a variable in it has no value."""
    made, at, colons = "", 0, 0
    fields = pattern.count(":") >= 5
    while at < len(pattern):
        character = pattern[at]
        variable = re.compile(r"\$\{([^{}]*)\}").match(pattern, at)
        if keys is not None and variable:
            inside = variable[1]
            at = variable.end()
            if inside in ("*", "?", "$"):
                made += re.escape(inside)
                continue
            default = re.fullmatch(r"([^,]+), '([^']*)'", inside)
            values = keys.get(default[1] if default else inside)
            if values is not None and len(values) == 1:
                made += re.escape(values[0])
            elif default:
                made += re.escape(default[2])
            else:
                return None
            continue
        colons += character == ":"
        inner = "[^:]" if by_field and fields and colons < 5 else "."
        made += {"*": f"{inner}*", "?": inner}.get(character, re.escape(character))
        at += 1
    return made


def _holds(
    operator: str, key: str, values: Any, keys: dict[str, list[str]], variables: bool
) -> bool:
    values = values if isinstance(values, list) else [values]
    given = keys.get(key)
    if operator == "Null":
        return (not given) == (values[0] == "true")
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    quantifier, _, operator = operator.rpartition(":")
    negated = "Not" in operator
    operator = operator.replace("Not", "")
    if not given:
        if if_exists or quantifier == "ForAllValues":
            return True
        return negated and not quantifier

    def fits(value: str) -> bool:
        return any(_equal(operator, value, each, keys if variables else None) for each in values)

    each = [fits(value) != negated for value in given]
    if quantifier == "ForAllValues":
        return all(each)
    if quantifier == "ForAnyValue":
        return any(each)
    return all(each) if negated else any(each)


def _equal(operator: str, value: str, wanted: str, keys: dict[str, list[str]] | None) -> bool:
    if operator == "StringEquals":
        return _substituted(wanted, keys) == value
    if operator == "StringEqualsIgnoreCase":
        found = _substituted(wanted, keys)
        return found is not None and found.lower() == value.lower()
    if operator == "StringLike":
        expression = _expression(wanted, keys, by_field=False)
        return expression is not None and re.fullmatch(expression, value, re.DOTALL) is not None
    if operator == "Bool":
        return wanted.lower() == value.lower()
    if operator == "NumericLessThan":
        return float(value) < float(wanted)
    if operator == "NumericEquals":
        return float(value) == float(wanted)
    if operator == "IpAddress":
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted)
    raise AssertionError(operator)


def _substituted(text: str, keys: dict[str, list[str]] | None) -> str | None:
    if keys is None:
        return text
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        if found[1] in ("*", "?", "$"):
            return found[1]
        default = re.fullmatch(r"([^,]+), '([^']*)'", found[1])
        values = keys.get(default[1] if default else found[1])
        if values is not None and len(values) == 1:
            return values[0]
        if default:
            return default[2]
        missing = True
        return ""

    made = re.sub(r"\$\{([^{}]*)\}", value, text)
    return None if missing else made
