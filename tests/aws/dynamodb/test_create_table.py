"""CreateTable: what is made, how it is described, and every refusal."""

from __future__ import annotations

import pytest

PREFIX = "One or more parameter values were invalid: "
ALL = {"ProjectionType": "ALL"}
UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}


def defined(*names, kind="S"):
    return [{"AttributeName": name, "AttributeType": kind} for name in names]


def schema(*names):
    roles = ("HASH", "RANGE", "RANGE")
    return [{"AttributeName": n, "KeyType": r} for n, r in zip(names, roles, strict=False)]


def index(name, *names, projection=ALL, **more):
    return {"IndexName": name, "KeySchema": schema(*names), "Projection": projection, **more}


@pytest.fixture
def request_of(table_name):
    """request_of(**changes): a good request, changed; None takes a member away."""

    def make(**changes):
        good = {
            "TableName": table_name,
            "AttributeDefinitions": defined("a", "b"),
            "KeySchema": schema("a", "b"),
            "BillingMode": "PAY_PER_REQUEST",
        }
        return {k: v for k, v in {**good, **changes}.items() if v is not None}

    return make


@pytest.fixture
def refused(invalid, request_of):
    return lambda **changes: invalid("CreateTable", **request_of(**changes))


def test_an_on_demand_table_as_it_is_described(ask, request_of, table_name):
    made = ask("CreateTable", **request_of())["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    assert made["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    shown = ask("DescribeTable", TableName=table_name)["Table"]
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["AttributeDefinitions"] == defined("a", "b")
    assert shown["KeySchema"] == schema("a", "b")
    assert shown["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 0,
        "ReadCapacityUnits": 0,
        "WriteCapacityUnits": 0,
    }
    assert shown["TableArn"] == f"arn:aws:dynamodb:us-east-1:000000000000:table/{table_name}"
    assert len(shown["TableId"]) == 36
    assert (shown["ItemCount"], shown["TableSizeBytes"]) == (0, 0)
    assert shown["DeletionProtectionEnabled"] is False
    created = shown["CreationDateTime"]
    assert shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] == created
    assert shown["WarmThroughput"] == {
        "ReadUnitsPerSecond": 12000,
        "WriteUnitsPerSecond": 4000,
        "Status": "ACTIVE",
    }
    for absent in ("GlobalSecondaryIndexes", "StreamSpecification", "SSEDescription"):
        assert absent not in shown


def test_a_provisioned_table_with_indexes(ask, request_of, table_name):
    ask(
        "CreateTable",
        **request_of(
            BillingMode=None,
            ProvisionedThroughput=UNITS,
            AttributeDefinitions=defined("a", "b", "c"),
            LocalSecondaryIndexes=[
                index("local", "a", "c", projection={"ProjectionType": "KEYS_ONLY"})
            ],
            GlobalSecondaryIndexes=[
                index(
                    "global",
                    "c",
                    projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
                    ProvisionedThroughput=UNITS,
                )
            ],
        ),
    )
    shown = ask("DescribeTable", TableName=table_name)["Table"]
    assert "BillingModeSummary" not in shown
    assert shown["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **UNITS}
    arn = f"{shown['TableArn']}/index/"
    assert shown["LocalSecondaryIndexes"] == [
        {
            "IndexName": "local",
            "KeySchema": schema("a", "c"),
            "Projection": {"ProjectionType": "KEYS_ONLY"},
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": arn + "local",
        }
    ]
    assert shown["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "global",
            "KeySchema": schema("c"),
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
            "IndexStatus": "ACTIVE",
            "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **UNITS},
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": arn + "global",
            "WarmThroughput": {
                "ReadUnitsPerSecond": 1,
                "WriteUnitsPerSecond": 2,
                "Status": "ACTIVE",
            },
        }
    ]


def test_the_settings_of_a_new_table(ask, request_of, table_name):
    ask(
        "CreateTable",
        **request_of(
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            SSESpecification={"Enabled": True},
            TableClass="STANDARD_INFREQUENT_ACCESS",
            DeletionProtectionEnabled=True,
            OnDemandThroughput={"MaxReadRequestUnits": 10},
            WarmThroughput={"ReadUnitsPerSecond": 13000},
            Tags=[{"Key": "team", "Value": "blue"}],
        ),
    )
    shown = ask("DescribeTable", TableName=table_name)["Table"]
    assert shown["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    label = shown["LatestStreamLabel"]
    assert shown["LatestStreamArn"] == f"{shown['TableArn']}/stream/{label}"
    assert shown["SSEDescription"]["Status"] == "ENABLED"
    assert shown["SSEDescription"]["SSEType"] == "KMS"
    assert shown["SSEDescription"]["KMSMasterKeyArn"].startswith("arn:aws:kms:us-east-1:")
    assert shown["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert shown["DeletionProtectionEnabled"] is True
    assert shown["OnDemandThroughput"] == {"MaxReadRequestUnits": 10}
    assert shown["WarmThroughput"]["ReadUnitsPerSecond"] == 13000
    assert shown["WarmThroughput"]["WriteUnitsPerSecond"] == 4000
    tags = ask("ListTagsOfResource", ResourceArn=shown["TableArn"])
    assert tags == {"Tags": [{"Key": "team", "Value": "blue"}]}


def test_a_global_index_with_four_and_four_key_attributes(ask, request_of, table_name):
    names = [f"k{number}" for number in range(8)]
    keys = [
        {"AttributeName": n, "KeyType": "HASH" if i < 4 else "RANGE"} for i, n in enumerate(names)
    ]
    ask(
        "CreateTable",
        **request_of(
            AttributeDefinitions=defined("a", "b", *names),
            GlobalSecondaryIndexes=[{"IndexName": "wide", "KeySchema": keys, "Projection": ALL}],
        ),
    )
    shown = ask("DescribeTable", TableName=table_name)["Table"]
    assert shown["GlobalSecondaryIndexes"][0]["KeySchema"] == keys


def test_five_key_attributes_of_a_kind_are_too_many(refused):
    names = [f"k{number}" for number in range(5)]
    keys = [{"AttributeName": name, "KeyType": "HASH"} for name in names]
    text = refused(
        AttributeDefinitions=defined("a", "b", *names),
        GlobalSecondaryIndexes=[{"IndexName": "wide", "KeySchema": keys, "Projection": ALL}],
    )
    assert "exceeds the limit of 4" in text


def test_a_table_that_is_there(ask, refusal, request_of, table_name):
    ask("CreateTable", **request_of())
    assert refusal("CreateTable", **request_of()) == (
        "ResourceInUseException",
        f"Table already exists: {table_name}",
    )


def test_the_name(refused):
    required = "The parameter 'TableName' is required but was not present in the request"
    length = "TableName must be at least 3 characters long and at most 255 characters long"
    assert refused(TableName=None) == required
    assert refused(TableName="ab") == length
    assert refused(TableName="a" * 256) == length
    assert refused(TableName="abc;") == (
        "1 validation error detected: Value 'abc;' at 'tableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    )
    # The name comes before every other constraint.
    assert refused(TableName=None, KeySchema=[]) == required


def test_keys_are_needed(refused):
    assert refused(KeySchema=None, AttributeDefinitions=None) == (
        "2 validation errors detected: "
        "Value null at 'attributeDefinitions' failed to satisfy constraint: "
        "Member must not be null; "
        "Value null at 'keySchema' failed to satisfy constraint: Member must not be null"
    )
    assert refused(KeySchema=[]) == (
        "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )


BOTH = PREFIX + (
    "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
    "PROVISIONED"
)
NEITHER = PREFIX + (
    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
    "PAY_PER_REQUEST"
)
UNDEFINED = PREFIX + (
    "Some index key attributes are not defined in AttributeDefinitions. "
    "Keys: [{}], AttributeDefinitions: [{}]"
)
SAME_NAME = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
FIRST = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
SECOND = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
HASHES = [{"AttributeName": name, "KeyType": "HASH"} for name in "ab"]
LOCAL = "LocalSecondaryIndexes"
GLOBAL = "GlobalSecondaryIndexes"
TOO_MUCH = {"ReadCapacityUnits": 10**12 + 1, "WriteCapacityUnits": 1}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"BillingMode": None}, BOTH),
        ({"BillingMode": "PROVISIONED"}, BOTH),
        ({"ProvisionedThroughput": UNITS}, NEITHER),
        (
            {"BillingMode": None, "ProvisionedThroughput": TOO_MUCH},
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
        ),
        ({"AttributeDefinitions": defined("b", "c")}, UNDEFINED.format("a, b", "b, c")),
        (
            {"AttributeDefinitions": defined("a")},
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        (
            {"AttributeDefinitions": defined("a", "b", "c")},
            PREFIX + "Number of attributes in KeySchema does not exactly match number of "
            "attributes defined in AttributeDefinitions",
        ),
        (
            {
                "AttributeDefinitions": defined("a", "b", "c"),
                GLOBAL: [index("by_b", "b")],
            },
            PREFIX + "Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], "
            "keys used: [a, b]",
        ),
        ({"KeySchema": schema("a", "a")}, SAME_NAME),
        ({"KeySchema": HASHES}, SECOND),
        ({"KeySchema": [{"AttributeName": "a", "KeyType": "RANGE"}]}, FIRST),
        ({LOCAL: []}, PREFIX + "List of LocalSecondaryIndexes is empty"),
        (
            {
                "KeySchema": schema("a"),
                LOCAL: [index("local", "a", "b")],
            },
            PREFIX + "Table KeySchema does not have a range key, which is required when "
            "specifying a LocalSecondaryIndex",
        ),
        (
            {LOCAL: [index("local", "b", "a")]},
            PREFIX + "Index KeySchema does not have the same leading hash key as table KeySchema "
            "for index: local. index hash key: b, table hash key: a",
        ),
        (
            {LOCAL: [index("local", "a")]},
            PREFIX + "Index KeySchema does not have a range key for index: local",
        ),
        ({LOCAL: [index("local", "a", "c")]}, UNDEFINED.format("a, c", "a, b")),
        ({LOCAL: [index("local", "a", "a")]}, SAME_NAME),
        (
            {LOCAL: [index("same", "a", "b"), index("same", "a", "b")]},
            PREFIX + "Duplicate index name: same",
        ),
        (
            {LOCAL: [index("same", "a", "b")], GLOBAL: [index("same", "a")]},
            PREFIX + "Duplicate index name: same",
        ),
        (
            {LOCAL: [index(f"local{n}", "a", "b") for n in range(6)]},
            PREFIX + "Number of LocalSecondaryIndexes exceeds per-table limit of 5",
        ),
        ({GLOBAL: []}, PREFIX + "List of GlobalSecondaryIndexes is empty"),
        ({GLOBAL: [index("by_c", "c")]}, UNDEFINED.format("c", "a, b")),
        (
            {GLOBAL: [index(f"by_b{n}", "b") for n in range(21)]},
            PREFIX + "GlobalSecondaryIndex count exceeds the per-table limit of 20",
        ),
        (
            {GLOBAL: [index("by_b", "b", ProvisionedThroughput=UNITS)]},
            PREFIX + "ProvisionedThroughput should not be specified for index: by_b when "
            "BillingMode is PAY_PER_REQUEST",
        ),
        (
            {
                "BillingMode": None,
                "ProvisionedThroughput": UNITS,
                GLOBAL: [index("by_b", "b")],
            },
            PREFIX + "ProvisionedThroughput must be specified for index: by_b",
        ),
        (
            {GLOBAL: [index("by_b", "b", projection={})]},
            PREFIX + "Unknown ProjectionType: null",
        ),
        (
            {GLOBAL: [index("by_b", "b", projection={**ALL, "NonKeyAttributes": ["x"]})]},
            PREFIX + "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (
            {GLOBAL: [index("by_b", "b", projection={"ProjectionType": "INCLUDE"})]},
            PREFIX + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": True}},
            "Invalid StreamViewType: Stream ViewType must not be null or empty when enabling "
            "streams.",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}},
            "Invalid StreamViewType: Stream StreamEnabled was false but a StreamViewType was "
            "present.",
        ),
        ({"Tags": []}, "Atleast one Tag needs to be provided as Input."),
    ],
)
def test_refusals(refused, changes, text):
    assert refused(**changes) == text


# Two mistakes at once: the one AWS finds first is told.
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"BillingMode": None, "KeySchema": schema("c")}, BOTH),
        (
            {GLOBAL: [index("by_c", "c", projection={}, ProvisionedThroughput=UNITS)]},
            UNDEFINED.format("c", "a, b"),
        ),
        (
            {GLOBAL: [index("same", "a"), index("same", "a", projection={})]},
            PREFIX + "Unknown ProjectionType: null",
        ),
        (
            {LOCAL: [index(f"local{n}", "a", "c") for n in range(6)]},
            UNDEFINED.format("a, c", "a, b"),
        ),
    ],
)
def test_the_order_of_refusals(refused, changes, text):
    assert refused(**changes) == text


def test_a_hundred_included_attributes_are_enough(ask, request_of, refused):
    def indexes(last):
        sizes = [20, 20, 20, 20, last]
        return [
            index(
                f"by_b{i}",
                "b",
                projection={
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": [f"x{i}_{j}" for j in range(size)],
                },
            )
            for i, size in enumerate(sizes)
        ]

    one_more = [
        *indexes(20),
        index("last", "b", projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["z"]}),
    ]
    assert "limit of 100" in refused(**{GLOBAL: one_more})
    ask("CreateTable", **request_of(**{GLOBAL: indexes(20)}))


def test_what_is_not_there_yet_is_said(refused):
    vector = {
        "IndexName": "vec",
        "VectorAttribute": {},
    }
    assert refused(VectorIndexes=[]) == "VectorIndexes is not supported yet"
    assert "vectorIndexes" in refused(VectorIndexes=[vector])


def test_the_name_may_be_an_arn(ask, invalid, request_of, table_name):
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{table_name}"
    made = ask("CreateTable", **request_of(TableName=arn))["TableDescription"]
    assert (made["TableName"], made["TableArn"]) == (table_name, arn)
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    text = f"1 validation error detected: Invalid AWS region in '{elsewhere}'"
    assert invalid("CreateTable", **request_of(TableName=elsewhere)) == text
    assert "Invalid resource" in invalid("CreateTable", **request_of(TableName=f"{arn}/index/i"))
