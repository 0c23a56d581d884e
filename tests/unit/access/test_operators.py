"""Every row of the table of condition operators, in Allow and in Deny, early and late."""

from __future__ import annotations

from typing import Any

import pytest

from jedlik.identity import Principal
from jedlik.identity.policy import AccessRequest, Keys, evaluate

from .house import ACCOUNT, allow, deny, policy, user
from .operator_cases import CASES, Case

RESOURCE = f"arn:aws:test:us-east-1:{ACCOUNT}:thing"


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]}: {case[4]}" for case in CASES])
def test_a_condition_holds_or_not(case: Case) -> None:
    operator, values, given, holds, _ = case
    keys: dict[str, Any] = {} if given is None else {"test:Key": given}
    request = AccessRequest("test:Do", RESOURCE, Keys(keys))
    block = {operator: {"test:key": values}}
    allowed = evaluate(request, user("a", policy(allow("test:*", when=block))))
    denied = evaluate(request, user("a", policy(allow("*"), deny("test:*", when=block))))
    assert (allowed.allowed, denied.explicit_deny) == (holds, holds)


OF_ONE_VALUE = [case for case in CASES if case[2] is None or len(case[2]) == 1]  # type: ignore[arg-type]


@pytest.mark.parametrize("case", OF_ONE_VALUE, ids=[f"{c[0]}: {c[4]}" for c in OF_ONE_VALUE])
def test_what_a_principal_has_is_decided_beforehand_and_the_same(case: Case) -> None:
    """The keys of a principal are known before any request: the answer must not depend on when."""
    operator, values, given, holds, _ = case
    value = None if given is None else given[0]  # type: ignore[index]
    tags = {} if value is None else {"key": value}
    principal: Principal = user(
        "a", policy(allow("*", when={operator: {"aws:PrincipalTag/key": values}})), tags=tags
    )
    assert evaluate(AccessRequest("test:Do", RESOURCE), principal).allowed is holds
