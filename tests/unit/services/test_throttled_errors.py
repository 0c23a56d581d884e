"""Every way to be throttled, in AWS's words."""

from __future__ import annotations

from typing import Any

import pytest

from jedlik.services.dynamodb.cancellations import cancelled, throttled_reasons
from jedlik.services.dynamodb.errors import (
    ACCOUNT_LIMIT,
    ON_DEMAND_INDEX,
    ON_DEMAND_MAXIMUM,
    ON_DEMAND_TABLE,
    PROVISIONED_INDEX,
    PROVISIONED_TABLE,
    translate,
)
from jedlik.tables.errors import Throttled, ThrottleReason

PROVISIONED = "ProvisionedThroughputExceededException"
ON_DEMAND = "ThrottlingException"


@pytest.mark.parametrize("access", ["read", "write"])
@pytest.mark.parametrize(
    ("cause", "is_index", "is_on_demand", "code", "text", "reason"),
    [
        (
            "provisioned",
            False,
            False,
            PROVISIONED,
            PROVISIONED_TABLE,
            "Table{}ProvisionedThroughputExceeded",
        ),
        (
            "provisioned",
            True,
            False,
            PROVISIONED,
            PROVISIONED_INDEX,
            "Index{}ProvisionedThroughputExceeded",
        ),
        (
            "key_range",
            False,
            False,
            PROVISIONED,
            PROVISIONED_TABLE,
            "Table{}KeyRangeThroughputExceeded",
        ),
        (
            "key_range",
            False,
            True,
            ON_DEMAND,
            ON_DEMAND_TABLE,
            "Table{}KeyRangeThroughputExceeded",
        ),
        ("key_range", True, True, ON_DEMAND, ON_DEMAND_INDEX, "Index{}KeyRangeThroughputExceeded"),
        (
            "max_on_demand",
            False,
            True,
            ON_DEMAND,
            ON_DEMAND_MAXIMUM,
            "Table{}MaxOnDemandThroughputExceeded",
        ),
        (
            "max_on_demand",
            True,
            True,
            ON_DEMAND,
            ON_DEMAND_MAXIMUM,
            "Index{}MaxOnDemandThroughputExceeded",
        ),
        (
            "account",
            False,
            True,
            "RequestLimitExceeded",
            ACCOUNT_LIMIT,
            "Table{}AccountLimitExceeded",
        ),
    ],
)
def test_code_text_and_reason(
    cause: ThrottleReason,
    is_index: bool,
    is_on_demand: bool,
    code: str,
    text: str,
    reason: str,
    access: Any,
) -> None:
    fault = Throttled(cause, access, "arn:x", is_index=is_index, is_on_demand=is_on_demand)
    refusal = translate(fault)
    assert refusal is not None
    assert (refusal.code, refusal.message, refusal.status) == (code, text, 400)
    # As the API's model spells the member: differently in one of the three errors.
    member = "throttlingReasons" if code == ON_DEMAND else "ThrottlingReasons"
    wanted = {"reason": reason.format(access.capitalize()), "resource": "arn:x"}
    assert dict(refusal.fields) == {member: [wanted]}


def test_the_model_of_the_api_has_these_members() -> None:
    from botocore.session import get_session

    shapes = get_session().get_service_model("dynamodb")
    for code in (PROVISIONED, "RequestLimitExceeded"):
        assert "ThrottlingReasons" in shapes.shape_for(code).members
    assert "throttlingReasons" in shapes.shape_for(ON_DEMAND).members


def test_reasons_of_a_cancelled_transaction() -> None:
    on_demand = Throttled("key_range", "write", "arn:x", is_index=True, is_on_demand=True)
    limited = Throttled("provisioned", "write", "arn:x", is_index=False, is_on_demand=False)
    refusal = cancelled(throttled_reasons([None, on_demand, limited]), [False] * 3)
    assert refusal.fields["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ThrottlingError", "Message": ON_DEMAND_INDEX},
        {"Code": "ProvisionedThroughputExceeded", "Message": PROVISIONED_TABLE},
    ]
