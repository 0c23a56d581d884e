"""Each service's request ids have its own form, on the long way and on the short one, and in
refusals as in answers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

LETTERS = re.compile(r"[0-9A-Z]{52}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
S3 = re.compile(r"[0-9A-Z]{16}")
TIMES = 5  # the first are answered on the long way
# service: form, an operation that is answered, one that is refused and its parameters
CASES: dict[str, tuple[re.Pattern[str], str, str, dict[str, Any]]] = {
    "dynamodb": (LETTERS, "list_tables", "describe_table", {"TableName": "no-such-table"}),
    "dynamodbstreams": (LETTERS, "list_streams", "list_streams", {"TableName": "no such"}),
    "kinesis": (UUID, "list_streams", "describe_stream", {"StreamName": "no-such-stream"}),
    "firehose": (
        UUID,
        "list_delivery_streams",
        "describe_delivery_stream",
        {"DeliveryStreamName": "no-such-stream"},
    ),
    "logs": (UUID, "describe_log_groups", "describe_log_streams", {"logGroupName": "no-such"}),
    "cloudwatch": (UUID, "list_metrics", "delete_dashboards", {"DashboardNames": ["no such"]}),
    "application-autoscaling": (
        UUID,
        "describe_scalable_targets",
        "describe_scalable_targets",
        {"ServiceNamespace": "none"},
    ),
    "dax": (UUID, "describe_clusters", "describe_clusters", {"ClusterNames": ["no-such"]}),
    "glue": (UUID, "get_databases", "get_database", {"Name": "no_such"}),
    "athena": (UUID, "list_work_groups", "get_work_group", {"WorkGroup": "no-such"}),
    "iam": (UUID, "list_users", "get_user", {"UserName": "no-such-user"}),
    "sts": (
        UUID,
        "get_caller_identity",
        "assume_role",
        {"RoleArn": "?" * 20, "RoleSessionName": "ab"},
    ),
    "s3": (S3, "list_buckets", "list_objects_v2", {"Bucket": "no-such-bucket-here"}),
}
NEEDED = {"application-autoscaling": {"ServiceNamespace": "dynamodb"}}


@pytest.mark.parametrize("service", CASES)
def test_ids_have_the_services_form(
    make_client: Callable[..., Any], target: str, service: str
) -> None:
    if target == "dynamodb-local" and service not in ("dynamodb", "dynamodbstreams"):
        pytest.skip("DynamoDB Local has no other services")
    form, answered, refused, parameters = CASES[service]
    client = make_client(service)
    header = "x-amz-request-id" if service == "s3" else "x-amzn-requestid"
    told = [getattr(client, answered)(**NEEDED.get(service, {})) for _ in range(TIMES)]
    for _ in range(TIMES):
        with pytest.raises(ClientError) as refusal:
            getattr(client, refused)(**parameters)
        told.append(refusal.value.response)  # type: ignore[arg-type]
    ids = []
    for each in told:
        metadata = each["ResponseMetadata"]
        # Where the body says it, boto3 takes it from there: both must be the same.
        assert metadata["RequestId"] == metadata["HTTPHeaders"][header]
        assert form.fullmatch(metadata["RequestId"]), metadata["RequestId"]
        ids.append(metadata["RequestId"])
        if service == "s3":
            assert metadata["HostId"] == metadata["HTTPHeaders"]["x-amz-id-2"]
            assert base64.b64decode(metadata["HostId"], validate=True)
    assert len({*ids}) == 2 * TIMES
