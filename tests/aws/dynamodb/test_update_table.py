"""UpdateTable: capacity, billing, indexes made and dropped online, and every refusal."""

from __future__ import annotations

import time

import pytest

PREFIX = "One or more parameter values were invalid: "
ALL = {"ProjectionType": "ALL"}


def units(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def defined(*names):
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def index(name, key, **more):
    keys = [{"AttributeName": key, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": ALL, **more}


@pytest.fixture
def provisioned(make_table):
    """pk:S with 5/5 units and the global index `by_g` with 1/1."""
    return make_table(
        AttributeDefinitions=defined("g"),
        ProvisionedThroughput=units(5, 5),
        GlobalSecondaryIndexes=[index("by_g", "g", ProvisionedThroughput=units(1, 1))],
    )


@pytest.fixture
def shown(ask):
    return lambda name: ask("DescribeTable", TableName=name)["Table"]


def states(described):
    return {i["IndexName"]: i["IndexStatus"] for i in described["GlobalSecondaryIndexes"]}


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_throughput_up_and_down(ask, shown, provisioned):
    changed = ask("UpdateTable", TableName=provisioned, ProvisionedThroughput=units(6, 5))
    assert changed["TableDescription"]["TableStatus"] == "UPDATING"
    up = shown(provisioned)["ProvisionedThroughput"]
    assert up["ReadCapacityUnits"] == 6
    assert up["NumberOfDecreasesToday"] == 0
    assert "LastIncreaseDateTime" in up
    assert "LastDecreaseDateTime" not in up
    ask("UpdateTable", TableName=provisioned, ProvisionedThroughput=units(6, 4))
    down = shown(provisioned)["ProvisionedThroughput"]
    assert (down["WriteCapacityUnits"], down["NumberOfDecreasesToday"]) == (4, 1)
    assert "LastDecreaseDateTime" in down


def test_the_throughput_of_an_index(ask, shown, provisioned):
    update = {"IndexName": "by_g", "ProvisionedThroughput": units(2, 3)}
    changed = ask(
        "UpdateTable", TableName=provisioned, GlobalSecondaryIndexUpdates=[{"Update": update}]
    )
    assert states(changed["TableDescription"]) == {"by_g": "UPDATING"}
    (by_g,) = shown(provisioned)["GlobalSecondaryIndexes"]
    assert by_g["IndexStatus"] == "ACTIVE"
    assert by_g["ProvisionedThroughput"]["WriteCapacityUnits"] == 3


def test_to_on_demand_and_back(ask, invalid, shown, provisioned):
    ask("UpdateTable", TableName=provisioned, BillingMode="PAY_PER_REQUEST")
    now = shown(provisioned)
    assert now["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert now["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    assert now["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    back = {"TableName": provisioned, "BillingMode": "PROVISIONED"}
    assert invalid("UpdateTable", **back) == (
        PREFIX + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    )
    assert invalid("UpdateTable", **back, ProvisionedThroughput=units(1, 1)) == (
        PREFIX + "ProvisionedThroughput must be specified for index: by_g"
    )
    update = {"IndexName": "by_g", "ProvisionedThroughput": units(2, 2)}
    ask(
        "UpdateTable",
        **back,
        ProvisionedThroughput=units(1, 1),
        GlobalSecondaryIndexUpdates=[{"Update": update}],
    )
    now = shown(provisioned)
    assert now["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert now["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
    assert now["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 2


def test_an_index_is_made_of_the_items_that_are_there(ask, shown, table):
    for number in range(150):  # more than one page of the backfill
        item = {"pk": {"S": str(number)}, "g": {"S": "x"}}
        if number == 7:
            del item["g"]
        ask("PutItem", TableName=table, Item=item)
    made = ask(
        "UpdateTable",
        TableName=table,
        AttributeDefinitions=defined("g"),
        GlobalSecondaryIndexUpdates=[{"Create": index("by_g", "g")}],
    )["TableDescription"]
    assert made["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert made["GlobalSecondaryIndexes"][0]["Backfilling"] is False
    wait_for(lambda: states(shown(table)) == {"by_g": "ACTIVE"})
    assert "Backfilling" not in shown(table)["GlobalSecondaryIndexes"][0]
    found = ask(
        "Query",
        TableName=table,
        IndexName="by_g",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "x"}},
    )
    assert found["Count"] == 149
    assert shown(table)["GlobalSecondaryIndexes"][0]["ItemCount"] == 149


def test_an_index_is_dropped_and_its_attribute_with_it(ask, shown, provisioned):
    gone = ask(
        "UpdateTable",
        TableName=provisioned,
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_g"}}],
    )["TableDescription"]
    assert states(gone) == {"by_g": "DELETING"}
    now = shown(provisioned)
    assert "GlobalSecondaryIndexes" not in now
    assert now["AttributeDefinitions"] == defined("pk")


def test_a_stream_on_and_off(ask, invalid, shown, table):
    on = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    ask("UpdateTable", TableName=table, StreamSpecification=on)
    first = shown(table)
    assert first["StreamSpecification"] == on
    assert invalid("UpdateTable", TableName=table, StreamSpecification=on) == (
        f"Table already has an enabled stream: TableName: {table}"
    )
    off = {"StreamEnabled": False}
    ask("UpdateTable", TableName=table, StreamSpecification=off)
    assert "StreamSpecification" not in shown(table)
    assert shown(table)["LatestStreamArn"] == first["LatestStreamArn"]
    assert invalid("UpdateTable", TableName=table, StreamSpecification=off) == (
        f"Table has no stream to disable: TableName: {table}"
    )
    ask("UpdateTable", TableName=table, StreamSpecification=on)
    assert shown(table)["LatestStreamLabel"] > first["LatestStreamLabel"]


def test_the_smaller_settings(ask, invalid, shown, table):
    ask(
        "UpdateTable",
        TableName=table,
        TableClass="STANDARD_INFREQUENT_ACCESS",
        SSESpecification={"Enabled": True, "KMSMasterKeyId": "alias/mine"},
        OnDemandThroughput={"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6},
        WarmThroughput={"WriteUnitsPerSecond": 5000},
    )
    now = shown(table)
    assert now["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert "LastUpdateDateTime" in now["TableClassSummary"]
    assert now["SSEDescription"]["SSEType"] == "KMS"
    assert now["OnDemandThroughput"] == {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}
    assert now["WarmThroughput"]["WriteUnitsPerSecond"] == 5000
    ask("UpdateTable", TableName=table, OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert shown(table)["OnDemandThroughput"] == {
        "MaxReadRequestUnits": -1,
        "MaxWriteRequestUnits": 6,
    }
    text = invalid("UpdateTable", TableName=table, WarmThroughput={"WriteUnitsPerSecond": 4999})
    assert text == PREFIX + (
        "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than current "
        "WarmThroughput, decreasing WarmThroughput is not supported"
    )
    ask("UpdateTable", TableName=table, SSESpecification={"Enabled": False})
    assert "SSEDescription" not in shown(table)


def test_nothing_to_change(invalid, table):
    text = (
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
    )
    assert invalid("UpdateTable", TableName=table) == text
    assert invalid("UpdateTable", TableName=table, AttributeDefinitions=defined("pk")) == text
    assert invalid("UpdateTable", TableName=table, GlobalSecondaryIndexUpdates=[]) == text


def test_no_such_table(refusal, new_name):
    name = new_name()
    assert refusal("UpdateTable", TableName=name, DeletionProtectionEnabled=True) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Table: {name} not found",
    )


NEITHER = PREFIX + (
    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
    "PAY_PER_REQUEST"
)
UNCHANGED = (
    "The provisioned throughput for the table will not change. The requested value equals the "
    "current value. Current ReadCapacityUnits provisioned for the table: 5. Requested "
    "ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the table: 5. Requested "
    "WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for current limits and "
    "how to request higher limits."
)
ONE_PER_INDEX = PREFIX + (
    "Only one global secondary index update per index is allowed simultaneously. Index: by_g"
)
ONE_OF = PREFIX + (
    "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
    "GlobalSecondaryIndexUpdate.Delete must not be null"
)
DELETE = {"Delete": {"IndexName": "by_g"}}
UPDATES = "GlobalSecondaryIndexUpdates"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"ProvisionedThroughput": units(5, 5)}, UNCHANGED),
        (
            {"ProvisionedThroughput": units(10**12 + 1, 5)},
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
        ),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 5}},
            "1 validation error detected: Value null at "
            "'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: "
            "Member must not be null",
        ),
        ({"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": units(1, 1)}, NEITHER),
        ({UPDATES: [{}]}, ONE_OF),
        ({UPDATES: [DELETE, DELETE]}, ONE_PER_INDEX),
        (
            {
                "AttributeDefinitions": defined("g"),
                UPDATES: [{"Create": index("by_g", "g", ProvisionedThroughput=units(1, 1))}],
            },
            "Attempting to create an index which already exists",
        ),
        (
            {UPDATES: [{"Create": index("by_z", "z", ProvisionedThroughput=units(1, 1))}]},
            PREFIX + "Some index key attributes are not defined in AttributeDefinitions. "
            "Keys: [z], AttributeDefinitions: [pk, g]",
        ),
        (
            {UPDATES: [{"Create": index("by_pk", "pk")}]},
            PREFIX + "ProvisionedThroughput must be specified for index: by_pk",
        ),
        ({"ReplicaUpdates": []}, None),
    ],
)
def test_refusals(invalid, provisioned, changes, text):
    told = invalid("UpdateTable", TableName=provisioned, **changes)
    if text is not None:
        assert told == text


def test_units_of_an_on_demand_table(invalid, table):
    assert invalid("UpdateTable", TableName=table, ProvisionedThroughput=units(1, 1)) == NEITHER


def test_an_index_that_is_not_there(refusal, provisioned):
    delete = [{"Delete": {"IndexName": "nothing"}}]
    assert refusal("UpdateTable", TableName=provisioned, GlobalSecondaryIndexUpdates=delete) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_one_index_at_a_time(refusal, provisioned):
    create = {"Create": index("by_pk", "pk", ProvisionedThroughput=units(1, 1))}
    assert refusal(
        "UpdateTable", TableName=provisioned, GlobalSecondaryIndexUpdates=[DELETE, create]
    ) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Only 1 online index can be created or deleted "
        "simultaneously per table",
    )


def test_the_fifth_decrease_of_a_day_waits_an_hour(ask, refusal, make_table):
    name = make_table(ProvisionedThroughput=units(10, 10))
    for read in (9, 8, 7, 6):
        ask("UpdateTable", TableName=name, ProvisionedThroughput=units(read, 10))
    code, text = refusal("UpdateTable", TableName=name, ProvisionedThroughput=units(5, 10))
    assert code == "LimitExceededException"
    assert text.startswith(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given "
        "UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can "
        "be performed at most once every 3600 seconds. Number of decreases today: 4. "
        "Last decrease at "
    )
    ask("UpdateTable", TableName=name, ProvisionedThroughput=units(11, 10))


def test_an_item_that_a_new_index_cannot_hold_is_not_written_again_as_it_is(
    ask, shown, table, invalid
):
    # Developer guide, "Detecting and correcting index key violations": once the index is made, all
    # writes of items that violate its key schema are rejected, whatever the write is about.
    where = {"TableName": table, "Key": {"pk": {"S": "a"}}}
    ask("PutItem", TableName=table, Item={"pk": {"S": "a"}, "g": {"N": "1"}})
    ask(
        "UpdateTable",
        TableName=table,
        AttributeDefinitions=defined("g"),
        GlobalSecondaryIndexUpdates=[{"Create": index("by_g", "g")}],
    )
    wait_for(lambda: states(shown(table)) == {"by_g": "ACTIVE"})
    one = {":v": {"N": "1"}}
    more = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": one}
    assert invalid("UpdateItem", **where, **more) == (
        "The update expression attempted to update the secondary index key to unsupported type"
    )
    ask("UpdateItem", **where, UpdateExpression="REMOVE g")
    ask("UpdateItem", **where, **more)
    assert ask("GetItem", **where)["Item"] == {"pk": {"S": "a"}, "v": {"N": "1"}}
