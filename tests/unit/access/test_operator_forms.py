"""Every condition operator in every form: plain, IfExists, ForAllValues and ForAnyValue, and both.

`operator_cases.py` says what each operator compares; here each has one value that matches and one
that does not, and the forms' rules are said over again, from the IAM user guide ("Condition
operators", "Multivalued context keys"), for requests with none, one and several values.
"""

from __future__ import annotations

import pytest

from jedlik.identity.policy import AccessRequest, Keys, Malformed, evaluate, parse_document
from jedlik.identity.policy.operators import OPERATORS

from .house import ACCOUNT, allow, deny, policy, user

RESOURCE = f"arn:aws:test:us-east-1:{ACCOUNT}:thing"
QUANTIFIERS = ("", "ForAllValues:", "ForAnyValue:")
ARN = "arn:aws:s3:::bucket"

# The operator, its value, one that the comparison is true of, one that it is not true of.
ONE_OF_EACH = [
    ("StringEquals", "a", "a", "b"),
    ("StringEqualsIgnoreCase", "a", "A", "b"),
    ("StringLike", "a*", "ab", "b"),
    ("Bool", "true", "true", "false"),
    ("BinaryEquals", "QUI=", "QUI=", "QUM="),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", "11.0.0.1"),
    ("ArnEquals", ARN, ARN, f"{ARN}s"),
    ("ArnLike", f"{ARN}*", f"{ARN}s", "arn:aws:s3:::other"),
    ("NumericEquals", "5", "5.0", "6"),
    ("NumericLessThan", "5", "4", "5"),
    ("NumericLessThanEquals", "5", "5", "6"),
    ("NumericGreaterThan", "5", "6", "5"),
    ("NumericGreaterThanEquals", "5", "5", "4"),
    ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z"),
    ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-02"),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
    ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2025-12-31"),
]
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
EXAMPLES = {name: rest for name, *rest in ONE_OF_EACH}
EXAMPLES |= {name: EXAMPLES[other] for name, other in NEGATED.items()}


def test_no_operator_is_left_out() -> None:
    assert {name.lower() for name in EXAMPLES} == OPERATORS.keys()


def expected(quantifier: str, negated: bool, if_exists: bool, matching: list[bool] | None) -> bool:
    """matching: for each value of the request whether the comparison is true of it."""
    if not matching:  # the request has not got the key, or no value of it
        if if_exists:
            return True
        return {"": negated, "ForAllValues:": True, "ForAnyValue:": False}[quantifier]
    right = [each != negated for each in matching]
    if quantifier == "ForAllValues:":
        return all(right)
    if quantifier == "ForAnyValue:":
        return any(right)
    return not any(matching) if negated else any(matching)


@pytest.mark.parametrize("operator", EXAMPLES)
@pytest.mark.parametrize("if_exists", [False, True], ids=["", "IfExists"])
@pytest.mark.parametrize("quantifier", QUANTIFIERS, ids=["one", "all", "any"])
def test_a_form_of_an_operator(quantifier: str, if_exists: bool, operator: str) -> None:
    wanted, good, bad = EXAMPLES[operator]
    name = f"{quantifier}{operator}{'IfExists' if if_exists else ''}"
    block = {name: {"test:Key": wanted}}
    may, may_not = (
        user("a", policy(allow("*", when=block))),
        user("b", policy(allow("*"), deny("*", when=block))),
    )
    for given, matching in (
        (None, None),
        ([], None),
        ([good], [True]),
        ([bad], [False]),
        ([good, good], [True, True]),
        ([good, bad], [True, False]),
        ([bad, bad], [False, False]),
    ):
        keys = Keys({} if given is None else {"test:key": given})
        request = AccessRequest("test:Do", RESOURCE, keys)
        holds = expected(quantifier, operator in NEGATED, if_exists, matching)
        assert evaluate(request, may).allowed is holds, (name, given)
        assert evaluate(request, may_not).explicit_deny is holds, (name, given)


@pytest.mark.parametrize("given", [None, "x"])
@pytest.mark.parametrize("wanted", ["true", "false"])
def test_null_asks_only_whether_a_key_is_there(wanted: str, given: str | None) -> None:
    block = {"Null": {"test:key": wanted}}
    keys = Keys({} if given is None else {"test:key": given})
    decision = evaluate(
        AccessRequest("test:Do", RESOURCE, keys), user("a", policy(allow("*", when=block)))
    )
    assert decision.allowed is ((given is None) == (wanted == "true"))


@pytest.mark.parametrize(
    "name",
    ["NullIfExists", "StringMatches", "ForSomeValues:StringEquals", "StringEqualsIfExistsIfExists",
     "ForAllValues:", "IfExists"],
)  # fmt: skip
def test_what_is_no_operator(name: str) -> None:
    statement = allow("*", when={name: {"test:key": "true"}})
    with pytest.raises(Malformed):
        parse_document({"Version": "2012-10-17", "Statement": [statement]})
