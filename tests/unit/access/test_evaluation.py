"""The tables of cases, and generated ones that two evaluators must agree on."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from jedlik.identity import Policy, PolicySets, Principal, root_principal
from jedlik.identity.policy import (
    ANONYMOUS,
    AccessRequest,
    Decision,
    Keys,
    evaluate,
    parse_document,
    refusal_text,
)

from . import naive
from .evaluation_cases import CASES, Case

_SHORT = re.compile(r"([AD]) (!?)(\S+) on (!?)(\S+)(?: (to|but) (\S+))?")


@pytest.mark.parametrize("case", CASES, ids=[case.why for case in CASES])
def test_policies_together(case: Case) -> None:
    resource = [parse_document(document(case.resource), kind="resource")] if case.resource else []
    sets = PolicySets(
        tuple(Policy(text, document((text,))) for text in case.identity),
        None if case.boundary is None else Policy("boundary", document(case.boundary)),
        None
        if case.session is None
        else tuple(Policy(text, document((text,))) for text in case.session),
        None
        if case.service_control is None
        else tuple(Policy("scp", document(each)) for each in case.service_control),
    )
    request = AccessRequest(case.action, case.on)
    decision = evaluate(request, principal(case.who, sets), resource)
    assert told(decision) == case.expected


def test_refusals_say_who_what_where_and_why() -> None:
    who = "arn:aws:iam::111122223333:user/alice"
    what, where = "dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:111122223333:table/T"
    begin = f"User: {who} is not authorized to perform: {what} on resource: {where}"
    for decision, end in (
        (Decision(False, False, "identity"),
         " because no identity-based policy allows the dynamodb:PutItem action"),
        (Decision(False, False, "resource"),
         " because no resource-based policy allows the dynamodb:PutItem action"),
        (Decision(False, False, "boundary"),
         " because no permissions boundary allows the dynamodb:PutItem action"),
        (Decision(False, False, "session"),
         " because no session policy allows the dynamodb:PutItem action"),
        (Decision(False, False, "service_control"),
         " because no service control policy allows the dynamodb:PutItem action"),
        (Decision(False, True, "identity"), " with an explicit deny in an identity-based policy"),
        (Decision(False, True, "resource"), " with an explicit deny in a resource-based policy"),
        (Decision(False, True, "boundary"), " with an explicit deny in a permissions boundary"),
        (Decision(False, True, "session"), " with an explicit deny in a session policy"),
        (Decision(False, True, "service_control"),
         " with an explicit deny in a service control policy"),
    ):  # fmt: skip
        assert refusal_text(who, what, where, decision) == begin + end


def test_a_role_has_to_trust_whoever_else_allows() -> None:
    """A trust policy must allow, even within an account; naming the account leaves it to IAM."""
    alice = principal("arn:aws:iam::111122223333:user/alice", PolicySets())
    may = principal(
        "arn:aws:iam::111122223333:user/alice",
        PolicySets((Policy("p", document(("A sts:AssumeRole on *",))),)),
    )
    role = "arn:aws:iam::111122223333:role/R"
    request = AccessRequest("sts:AssumeRole", role, needs_resource_allow=True)
    for who, trusted, expected in (
        (may, (), "implicit:resource"),
        (alice, ("A sts:AssumeRole on * to arn:aws:iam::111122223333:user/alice",), "allowed"),
        (alice, ("A sts:AssumeRole on * to arn:aws:iam::111122223333:root",), "implicit:identity"),
        (may, ("A sts:AssumeRole on * to arn:aws:iam::111122223333:root",), "allowed"),
    ):
        trust = document(trusted)
        for statement in trust["Statement"]:
            del statement["Resource"]
        policies = [parse_document(trust, kind="trust")] if trusted else []
        assert told(evaluate(request, who, policies)) == expected
        root = root_principal("111122223333")
        assert evaluate(request, root, policies).allowed is (
            trusted[-1:] != () and "root" in trusted[0]
        )


def test_an_explanation_tells_all_that_matched_and_what_was_missed() -> None:
    sets = PolicySets(
        (
            Policy("first", {**document(("A dynamodb:* on *",)), "Version": "2012-10-17"}),
            Policy(
                "second",
                {
                    "Statement": [
                        {
                            "Sid": "NotNow",
                            "Effect": "Deny",
                            "Action": "dynamodb:PutItem",
                            "Resource": "*",
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ]
                },
            ),
        )
    )
    alice = principal("arn:aws:iam::111122223333:user/alice", sets)
    request = AccessRequest("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:111122223333:table/T")
    decision = evaluate(request, alice, explain=True)
    assert decision.allowed and decision.missing == ("aws:securetransport",)
    assert [(each.policy, each.number) for each in decision.matched] == [("first", 0)]
    insecure = AccessRequest(
        request.action, request.resource, Keys({"aws:SecureTransport": "false"})
    )
    decision = evaluate(insecure, alice, explain=True)
    assert (decision.explicit_deny, decision.kind, decision.missing) == (True, "identity", ())
    assert [(each.policy, each.sid) for each in decision.matched] == [
        ("second", "NotNow"),
        ("first", None),
    ]


@pytest.mark.parametrize("seed", range(30))
def test_two_evaluators_agree(seed: int) -> None:
    """A hundred generated judgements each."""
    generator = Generator(random.Random(seed))
    for _ in range(100):
        who, person = generator.caller()
        request = generator.request()
        resource = generator.documents(0, 2, resource=True)
        decision = evaluate(
            AccessRequest(request["action"], request["resource"], Keys(request["keys"])),
            who,
            [parse_document(each, kind="resource") for each in resource],
        )
        found = told(decision)
        expected = naive.decide(person, request, resource)
        agreed = found == expected or (expected == "implicit" and found.startswith("implicit:"))
        if expected.startswith("explicit:"):  # which of several denies is told is nobody's promise
            agreed = decision.explicit_deny
        assert agreed, (expected, decision, person, request, resource)


def told(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return f"{'explicit' if decision.explicit_deny else 'implicit'}:{decision.kind}"


def document(short: tuple[str, ...]) -> dict[str, Any]:
    """A policy from its short form; see evaluation_cases.py."""
    statements = []
    for text in short:
        parts = _SHORT.fullmatch(text)
        assert parts is not None, text
        effect, not_action, action, not_resource, resource, how, who = parts.groups()
        statement: dict[str, Any] = {
            "Effect": {"A": "Allow", "D": "Deny"}[effect],
            "NotAction" if not_action else "Action": action,
            "NotResource" if not_resource else "Resource": resource,
        }
        if how:
            name = "Principal" if how == "to" else "NotPrincipal"
            statement[name] = "*" if who == "*" else {"AWS": who}
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def principal(arn: str, sets: PolicySets) -> Principal:
    if arn == "anonymous":
        return ANONYMOUS
    account, kind = arn.split(":")[4], arn.split(":")[5].partition("/")[0]
    if kind == "root":
        return root_principal(account)
    issuer = arn
    if kind == "assumed-role":
        issuer = f"arn:aws:iam::{account}:role/{arn.split('/')[1]}"
    elif kind == "federated-user":
        issuer = f"arn:aws:iam::{account}:user/alice"
    name = arn.split("/")[1]
    return Principal(
        account,
        arn,
        kind,  # type: ignore[arg-type]
        id="AID",
        name=name,
        policies=sets,
        issuer_arn=issuer,
    )


class Generator:
    """Policies, callers and requests from few names, so that they meet."""

    ACTIONS = ("svc:Get", "svc:Put", "svc:GetAll", "other:Get")
    ACTION_PATTERNS = ("*", "svc:*", "svc:Get*", "svc:?et", "SVC:get", "other:*", "svc:Put")
    RESOURCES = tuple(
        f"arn:aws:svc:r:{account}:{name}"
        for account in ("111111111111", "222222222222")
        for name in ("a", "ab", "a/b", "x*")
    )
    RESOURCE_PATTERNS = (
        "*",
        "arn:aws:svc:*:*:a*",
        "arn:aws:svc:r:111111111111:*",
        "arn:*:svc:r:*:a?",
        "arn:aws:svc:r:*:${aws:username}",
        "arn:aws:svc:r:*:${aws:PrincipalTag/t, 'ab'}",
        "arn:aws:svc:r:*:${k:one}/*",
        "arn:aws:svc:r:*:x${*}",
    )
    TEXTS = (
        "a",
        "b",
        "ab",
        "A",
        "${aws:username}",
        "${k:one}",
        "${k:two, 'b'}",
        "a${*}",
        "a*",
        "?",
    )
    OPERATORS = (
        "StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
        "StringEqualsIgnoreCase", "StringEqualsIfExists", "StringNotEqualsIfExists",
        "ForAllValues:StringEquals", "ForAllValues:StringNotEquals", "ForAllValues:StringLike",
        "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals", "ForAnyValue:StringLike",
    )  # fmt: skip
    KEYS = ("k:one", "k:two", "k:many", "aws:username", "aws:PrincipalTag/t", "k:none")

    def __init__(self, source: random.Random) -> None:
        self._random = source

    def request(self) -> dict[str, Any]:
        pick = self._random
        keys: dict[str, list[str]] = {}
        for name in ("k:one", "k:two"):
            if pick.random() < 0.7:
                keys[name] = [pick.choice(("a", "b", "ab", "A"))]
        if pick.random() < 0.7:
            keys["k:many"] = pick.sample(("a", "b", "ab", "A"), pick.randint(1, 3))
        if pick.random() < 0.5:
            keys["k:number"] = [str(pick.randint(0, 3))]
        resource = pick.choice(self.RESOURCES)
        return {
            "action": pick.choice(self.ACTIONS),
            "resource": resource,
            "keys": keys,
            "owner": resource.split(":")[4],
        }

    def caller(self) -> tuple[Principal, dict[str, Any]]:
        """The same caller for the one evaluator and for the other."""
        pick = self._random
        account = pick.choice(("111111111111", "222222222222"))
        is_user = pick.random() < 0.5
        if is_user:
            arn = issuer = f"arn:aws:iam::{account}:user/a"
        else:
            arn = f"arn:aws:sts::{account}:assumed-role/a/s"
            issuer = f"arn:aws:iam::{account}:role/a"
        tags = {"t": pick.choice(("a", "b"))} if pick.random() < 0.5 else {}
        identity = self.documents(0, 3)
        boundary = self.documents(1, 1) if pick.random() < 0.3 else None
        session = self.documents(0, 2) if not is_user and pick.random() < 0.4 else None
        control = self.documents(1, 2) if pick.random() < 0.2 else None
        sets = PolicySets(
            tuple(Policy("i", each) for each in identity),
            None if boundary is None else Policy("b", boundary[0]),
            None if session is None else tuple(Policy("s", each) for each in session),
            None if control is None else tuple(Policy("c", each) for each in control),
        )
        kind = "user" if is_user else "assumed-role"
        made = Principal(
            account, arn, kind, id="I", name="a", tags=tags, policies=sets, issuer_arn=issuer
        )  # type: ignore[arg-type]
        return made, {
            "account": account,
            "arn": arn,
            "issuer": issuer,
            "kind": kind,
            "name": "a",
            "tags": tags,
            "identity": identity,
            "boundary": boundary,
            "session": session,
            "service_control": control,
        }

    def documents(self, least: int, most: int, *, resource: bool = False) -> list[dict[str, Any]]:
        pick = self._random
        return [
            {
                "Version": pick.choice(("2012-10-17", "2012-10-17", "2008-10-17")),
                "Statement": [self._statement(resource) for _ in range(pick.randint(1, 3))],
            }
            for _ in range(pick.randint(least, most))
        ]

    def _statement(self, resource: bool) -> dict[str, Any]:
        pick = self._random
        made: dict[str, Any] = {"Effect": "Allow" if pick.random() < 0.8 else "Deny"}
        inverted = pick.random() < 0.15
        made["NotAction" if inverted else "Action"] = pick.sample(
            self.ACTION_PATTERNS, pick.randint(1, 2)
        )
        inverted = pick.random() < 0.15
        made["NotResource" if inverted else "Resource"] = pick.sample(
            self.RESOURCE_PATTERNS, pick.randint(1, 2)
        )
        if resource:
            names = pick.choice(
                (
                    "*",
                    {"AWS": "111111111111"},
                    {"AWS": "arn:aws:iam::222222222222:root"},
                    {"AWS": "arn:aws:iam::111111111111:user/a"},
                    {"AWS": ["arn:aws:iam::111111111111:role/a", "222222222222"]},
                    {"AWS": ["arn:aws:sts::222222222222:assumed-role/a/s"]},
                )
            )
            made["NotPrincipal" if pick.random() < 0.1 else "Principal"] = names
        if pick.random() < 0.6:
            made["Condition"] = self._condition(made["Effect"])
        return made

    def _condition(self, effect: str) -> dict[str, Any]:
        pick = self._random
        found: dict[str, Any] = {}
        for _ in range(pick.randint(1, 2)):
            kind = pick.random()
            if kind < 0.1:
                found["Null"] = {pick.choice(self.KEYS): pick.choice(("true", "false"))}
            elif kind < 0.2:
                found["NumericLessThan"] = {"k:number": str(pick.randint(0, 3))}
            else:
                operator = pick.choice(self.OPERATORS)
                texts = list(self.TEXTS)
                if "Not" in operator:
                    # What a variable without a value excludes is told apart in its own test.
                    texts = [
                        text for text in texts if "${k:one}" not in text and "user" not in text
                    ]
                values = pick.sample(texts, pick.randint(1, 2))
                found.setdefault(operator, {})[pick.choice(self.KEYS)] = values
        return found


@pytest.mark.parametrize(("effect", "expected"), [("Allow", "implicit"), ("Deny", "explicit")])
def test_a_variable_without_a_value_never_widens(effect: str, expected: str) -> None:
    """ "Not ${aws:PrincipalTag/team}" of somebody without a team: not allowed, and denied."""
    statement = {
        "Effect": effect,
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"k:team": "${aws:PrincipalTag/team}"}},
    }
    policies = [Policy("p", {"Version": "2012-10-17", "Statement": [statement]})]
    if effect == "Deny":
        policies.append(Policy("all", document(("A * on *",))))
    alice = principal("arn:aws:iam::111122223333:user/alice", PolicySets(tuple(policies)))
    request = AccessRequest("svc:Get", "arn:aws:svc:r:111122223333:a", Keys({"k:team": "x"}))
    assert told(evaluate(request, alice)).startswith(expected)


def test_a_wildcard_in_a_value_is_no_wildcard() -> None:
    """Whoever may tag themselves must not become everybody."""
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "arn:aws:svc:r:*:${aws:PrincipalTag/t}",
        "Condition": {"StringLike": {"k:one": "${aws:PrincipalTag/t}"}},
    }
    sets = PolicySets((Policy("p", {"Version": "2012-10-17", "Statement": [statement]}),))
    star = Principal("111122223333", "arn:aws:iam::111122223333:user/a", "user", name="a",
                     tags={"t": "*"}, policies=sets)  # fmt: skip
    for name, one, allowed in (("*", "*", True), ("b", "*", False), ("*", "b", False)):
        request = AccessRequest(
            "svc:Get", f"arn:aws:svc:r:111122223333:{name}", Keys({"k:one": one})
        )
        assert evaluate(request, star).allowed is allowed
