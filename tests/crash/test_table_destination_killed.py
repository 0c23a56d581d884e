"""kill -9 while a table's changes are delivered to a Kinesis stream: each arrives, once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.aws.kinesis.conftest import settled
from tests.aws.kinesis.test_table_destination import delivered, wait_for
from tests.support.server import Server


def test_no_change_is_lost_or_told_twice(tmp_path: Path, make_client: Any) -> None:
    with Server("--data", str(tmp_path / "data")) as server:
        dynamodb = make_client("dynamodb", endpoint_url=server.endpoint)
        kinesis = make_client("kinesis", endpoint_url=server.endpoint)
        kinesis.create_stream(StreamName="changes", ShardCount=1)
        arn = settled(kinesis, "changes")["StreamARN"]
        dynamodb.create_table(
            TableName="table",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.enable_kinesis_streaming_destination(TableName="table", StreamArn=arn)
        for i in range(90):
            dynamodb.put_item(TableName="table", Item={"pk": {"S": "k"}, "n": {"N": str(i)}})
            if i % 30 == 29:
                server.kill()
                server.restart()
                dynamodb = make_client("dynamodb", endpoint_url=server.endpoint)
                kinesis = make_client("kinesis", endpoint_url=server.endpoint)
        wait_for(dynamodb, "table", "ACTIVE")
        delivered(kinesis, "changes", 90)
        time.sleep(0.3)  # for what would be too much
        found = delivered(kinesis, "changes", 90)
        numbers = [int(each["dynamodb"]["NewImage"]["n"]["N"]) for each in found]
        assert numbers == list(range(90))
