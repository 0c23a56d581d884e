"""What is a policy and what is none, with the reason that a client is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jedlik.identity.policy import Malformed, check_document, parse_document

OK: dict[str, Any] = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
SYNTAX = "Syntax errors in policy."
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."


def of(**changes: Any) -> dict[str, Any]:
    """A document with one statement; None takes a member away."""
    statement = {k: v for k, v in {**OK, **changes}.items() if v is not None}
    return {"Version": "2012-10-17", "Statement": [statement]}


GOOD: list[tuple[str, str, Any]] = [
    ("one statement without a list", "identity", {"Statement": OK}),
    ("no version", "identity", {"Statement": [OK]}),
    ("the old version", "identity", {"Version": "2008-10-17", "Statement": [OK]}),
    ("an id and a sid", "identity", {**of(Sid="One"), "Id": "x"}),
    ("an empty sid", "identity", of(Sid="")),
    ("several actions", "identity", of(Action=["s3:Get*", "*"])),
    ("NotAction", "identity", of(Action=None, NotAction="iam:*")),
    ("NotResource", "identity", of(Resource=None, NotResource="arn:aws:s3:::b/*")),
    ("an ARN with a variable", "identity", of(Resource="arn:aws:s3:::${aws:username}/*")),
    ("a bucket's ARN", "identity", of(Resource="arn:aws:s3:::b")),
    ("a short ARN that ends in a star", "identity", of(Resource="arn:aws:s3*")),
    ("a condition", "identity", of(Condition={"Bool": {"aws:SecureTransport": True}})),
    ("numbers in a condition", "identity", of(Condition={"NumericLessThan": {"s3:max-keys": 10}})),
    ("no conditions at all", "identity", of(Condition={})),
    ("a quantifier", "identity", of(Condition={"ForAnyValue:StringLike": {"a:b": ["c"]}})),
    ("IfExists", "identity", of(Condition={"StringEqualsIfExists": {"a:b": "c"}})),
    ("everybody", "resource", of(Principal="*")),
    ("an account", "resource", of(Principal={"AWS": "111122223333"})),
    ("a root", "resource", of(Principal={"AWS": "arn:aws:iam::111122223333:root"})),
    ("a user", "resource", of(Principal={"AWS": ["arn:aws:iam::111122223333:user/p/a"]})),
    ("a session", "resource", of(Principal={"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"})),
    ("a service", "resource", of(Principal={"Service": "lambda.amazonaws.com"})),
    ("a user that was deleted", "resource", of(Principal={"AWS": "AIDACKCEVSQ6C2EXAMPLE"})),
    ("NotPrincipal", "resource", of(NotPrincipal={"AWS": "111122223333"})),
    ("a trust policy", "trust", of(Resource=None, Principal={"Service": "dax.amazonaws.com"})),
    ("a provider", "trust", of(Resource=None, Principal={"Federated": "accounts.google.com"})),
]

BAD: list[tuple[str, str, Any, str]] = [
    ("no JSON", "identity", "{", SYNTAX),
    ("nothing", "identity", "", SYNTAX),
    ("half a character", "identity", '{"Id": "\\ud800"}', SYNTAX),
    ("a number without end", "identity", '{"Id": 1e400}', SYNTAX),
    ("NaN", "identity", '{"Id": NaN}', SYNTAX),
    ("a list", "identity", "[]", SYNTAX),
    ("an empty object", "identity", {}, SYNTAX),
    ("no statement", "identity", {"Version": "2012-10-17"}, SYNTAX),
    ("no statements", "identity", {"Statement": []}, SYNTAX),
    ("a statement that is none", "identity", {"Statement": ["x"]}, SYNTAX),
    ("an unknown member", "identity", {"Statement": [OK], "Rule": 1}, SYNTAX),
    ("an unknown member of a statement", "identity", of(Actions="*"), SYNTAX),
    ("members in lower case", "identity", {"statement": [OK]}, SYNTAX),
    ("a member twice", "identity",
     '{"Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}', SYNTAX),
    ("too deep to read", "identity", "[" * 100_000, SYNTAX),
    ("another version", "identity", {"Version": "2012-10-18", "Statement": [OK]},
     "Policy document must be version 2012-10-17 or greater."),
    ("no effect", "identity", of(Effect=None), SYNTAX),
    ("an effect in lower case", "identity", of(Effect="allow"), "Invalid effect: allow"),
    ("no action", "identity", of(Action=None), "Missing required field Action"),
    ("an empty list of actions", "identity", of(Action=[]), SYNTAX),
    ("both kinds of actions", "identity", of(NotAction="*"), SYNTAX),
    ("an action without a service", "identity", of(Action="GetItem"), VENDOR),
    ("an action with a blank", "identity", of(Action="dynamodb:Get Item"),
     "The policy failed legacy parsing"),
    ("an action that is a number", "identity", of(Action=[1]), SYNTAX),
    ("no resource", "identity", of(Resource=None), "Missing required field Resource"),
    ("both kinds of resources", "identity", of(NotResource="*"), SYNTAX),
    ("a name for a resource", "identity", of(Resource="Table"),
     'Resource Table must be in ARN format or "*".'),
    ("half an ARN", "identity", of(Resource="arn:aws:dynamodb"),
     'Resource arn:aws:dynamodb must be in ARN format or "*".'),
    ("a principal in an identity's", "identity", of(Principal="*"),
     "Policy document should not specify a principal."),
    ("none in a resource's", "resource", of(), "Missing required field Principal"),
    ("a principal that is none", "resource", of(Principal="alice"), SYNTAX),
    ("a kind that is none", "resource", of(Principal={"User": "alice"}), SYNTAX),
    ("a name for a principal", "resource", of(Principal={"AWS": "alice"}),
     'Invalid principal in policy: "AWS":"alice"'),
    ("a wildcard in a principal", "resource", of(Principal={"AWS": "arn:aws:iam::111122223333:*"}),
     'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:*"'),
    ("both kinds of principals", "resource", of(Principal="*", NotPrincipal="*"), SYNTAX),
    ("a trust policy with a resource", "trust", of(Principal="*"), "Has prohibited field Resource"),
    ("an operator that is none", "identity", of(Condition={"StringEqual": {"a:b": "c"}}),
     "Invalid Condition type : StringEqual."),
    ("Null with IfExists", "identity", of(Condition={"NullIfExists": {"a:b": "true"}}),
     "Invalid Condition type : NullIfExists."),
    ("a condition without keys", "identity", of(Condition={"Bool": {}}), SYNTAX),
    ("a key without a service", "identity", of(Condition={"Bool": {"mfa": "true"}}), VENDOR),
    ("no values", "identity", of(Condition={"Bool": {"a:b": []}}), SYNTAX),
    ("a value that is an object", "identity", of(Condition={"Bool": {"a:b": {}}}), SYNTAX),
    ("a sid twice", "identity", {"Statement": [{**OK, "Sid": "a"}, {**OK, "Sid": "a"}]},
     "Statement IDs (SID) in a single policy must be unique."),
]  # fmt: skip


@pytest.mark.parametrize(("why", "kind", "document"), GOOD, ids=[each[0] for each in GOOD])
def test_a_policy(why: str, kind: Any, document: Any) -> None:
    assert check_document(json.dumps(document), kind=kind) == document
    assert len(parse_document(document, kind=kind).statements) == 1


@pytest.mark.parametrize(("why", "kind", "document", "text"), BAD, ids=[each[0] for each in BAD])
def test_no_policy(why: str, kind: Any, document: Any, text: str) -> None:
    given = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(Malformed) as refused:
        parse_document(given, kind=kind)
    assert refused.value.message == text


def test_a_hostile_pattern_costs_no_more_than_its_length() -> None:
    """Wildcards are matched without going back, so a policy cannot hold up a request."""
    pattern = "*a" * 2000 + "b"
    document = of(Resource=f"arn:aws:dynamodb:*:*:{pattern}")
    statement = parse_document(document).statements[0]
    assert statement.resource_tests("arn:aws:dynamodb:r:1:" + "a" * 20_000) is None
