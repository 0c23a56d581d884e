"""One valid request of each operation that every server knows, as a base to break.

The tables they name: `{name}` with the key pk:S and `{name}-range` with pk:S sk:N, a local index
`byL` (pk, l:S) and a global one `byG` (g:S, h:N).
"""

from __future__ import annotations

from typing import Any

from tests.differential.suite import index, table


def tables(name: str) -> tuple[dict[str, Any], ...]:
    return (
        table(name, "pk:S"),
        table(
            f"{name}-range",
            "pk:S sk:N",
            attributes="l:S g:S h:N",
            LocalSecondaryIndexes=[index("byL", "pk", "l", local=True)],
            GlobalSecondaryIndexes=[index("byG", "g", "h", include=["a"])],
        ),
    )


def valid(name: str) -> dict[str, list[dict[str, Any]]]:
    """Operation -> requests that succeed and can be repeated."""
    ranged = f"{name}-range"
    key = {"pk": {"S": "a"}}
    both = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    some = {**both, "a": {"S": "x"}, "l": {"S": "l"}, "g": {"S": "g"}, "h": {"N": "1"}}
    return {
        "PutItem": [
            {
                "TableName": name,
                "Item": {**key, "a": {"N": "1"}, "b": {"L": [{"S": "x"}]}},
                "ReturnValues": "NONE",
                "ReturnConsumedCapacity": "NONE",
                "ReturnItemCollectionMetrics": "NONE",
                "ConditionExpression": "attribute_exists(#n) OR :v = :v",
                "ExpressionAttributeNames": {"#n": "pk"},
                "ExpressionAttributeValues": {":v": {"N": "1"}},
            },
            {
                "TableName": ranged,
                "Item": some,
                "ConditionalOperator": "AND",
                "Expected": {
                    "zz": {"Exists": False},
                    "yy": {"Exists": False},
                    "pk": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "b"}]},
                },
            },
        ],
        "GetItem": [
            {
                "TableName": name,
                "Key": key,
                "ConsistentRead": True,
                "ReturnConsumedCapacity": "NONE",
                "ProjectionExpression": "#n",
                "ExpressionAttributeNames": {"#n": "pk"},
            },
            {"TableName": ranged, "Key": both, "AttributesToGet": ["pk", "a"]},
        ],
        "UpdateItem": [
            {
                "TableName": name,
                "Key": key,
                "UpdateExpression": "SET a = :v REMOVE #n",
                "ConditionExpression": ":v = :v",
                "ExpressionAttributeNames": {"#n": "b"},
                "ExpressionAttributeValues": {":v": {"N": "1"}},
                "ReturnValues": "ALL_NEW",
                "ReturnConsumedCapacity": "NONE",
                "ReturnItemCollectionMetrics": "NONE",
            },
            {
                "TableName": ranged,
                "Key": both,
                "AttributeUpdates": {"a": {"Action": "PUT", "Value": {"S": "y"}}},
                "ConditionalOperator": "OR",
                "Expected": {
                    "zz": {"Exists": False},
                    "yy": {"Exists": False},
                    "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]},
                },
            },
        ],
        "DeleteItem": [
            {
                "TableName": name,
                "Key": {"pk": {"S": "gone"}},
                "ConditionExpression": "attribute_not_exists(#n) OR :v = :v",
                "ExpressionAttributeNames": {"#n": "pk"},
                "ExpressionAttributeValues": {":v": {"N": "1"}},
                "ReturnValues": "NONE",
                "ReturnConsumedCapacity": "NONE",
                "ReturnItemCollectionMetrics": "NONE",
            },
            {
                "TableName": ranged,
                "Key": {"pk": {"S": "gone"}, "sk": {"N": "1"}},
                "Expected": {"zz": {"Exists": False}},
            },
        ],
        "Query": [
            {
                "TableName": ranged,
                "KeyConditionExpression": "pk = :p AND sk > :s",
                "FilterExpression": "#n <> :s",
                "ProjectionExpression": "pk, #n",
                "ExpressionAttributeNames": {"#n": "a"},
                "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"N": "0"}},
                "ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "0.5"}},
                "ScanIndexForward": True,
                "Select": "SPECIFIC_ATTRIBUTES",
                "ConsistentRead": False,
                "Limit": 5,
                "ReturnConsumedCapacity": "NONE",
            },
            {
                "TableName": ranged,
                "IndexName": "byG",
                "KeyConditions": {
                    "g": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "g"}]},
                    "h": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "0"}]},
                },
                "QueryFilter": {
                    "a": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "z"}]},
                    "pk": {"ComparisonOperator": "NOT_NULL"},
                },
                "AttributesToGet": ["pk", "a"],
                "ConditionalOperator": "AND",
            },
        ],
        "Scan": [
            {
                "TableName": ranged,
                "FilterExpression": "#n <> :s",
                "ProjectionExpression": "pk, #n",
                "ExpressionAttributeNames": {"#n": "a"},
                "ExpressionAttributeValues": {":s": {"N": "0"}},
                "Select": "SPECIFIC_ATTRIBUTES",
                "ConsistentRead": False,
                "Segment": 0,
                "TotalSegments": 1,
                "Limit": 50,
                "ReturnConsumedCapacity": "NONE",
            },
            {
                "TableName": ranged,
                "IndexName": "byL",
                "ScanFilter": {
                    "a": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "z"}]},
                    "pk": {"ComparisonOperator": "NOT_NULL"},
                },
                "AttributesToGet": ["pk", "a"],
                "ConditionalOperator": "AND",
            },
        ],
        "BatchGetItem": [
            {
                "RequestItems": {
                    name: {
                        "Keys": [key],
                        "ConsistentRead": True,
                        "ProjectionExpression": "#n",
                        "ExpressionAttributeNames": {"#n": "pk"},
                    },
                    ranged: {"Keys": [both], "AttributesToGet": ["pk"]},
                },
                "ReturnConsumedCapacity": "NONE",
            }
        ],
        "BatchWriteItem": [
            {
                "RequestItems": {
                    name: [
                        {"PutRequest": {"Item": {**key, "a": {"S": "x"}}}},
                        {"DeleteRequest": {"Key": {"pk": {"S": "gone"}}}},
                    ]
                },
                "ReturnConsumedCapacity": "NONE",
                "ReturnItemCollectionMetrics": "NONE",
            }
        ],
        "TransactGetItems": [
            {
                "TransactItems": [
                    {
                        "Get": {
                            "TableName": name,
                            "Key": key,
                            "ProjectionExpression": "#n",
                            "ExpressionAttributeNames": {"#n": "pk"},
                        }
                    }
                ],
                "ReturnConsumedCapacity": "NONE",
            }
        ],
        "TransactWriteItems": [
            {
                "TransactItems": [
                    {
                        "Put": {
                            "TableName": name,
                            "Item": {"pk": {"S": "t1"}},
                            "ConditionExpression": ":v = :v OR attribute_exists(#n)",
                            "ExpressionAttributeNames": {"#n": "pk"},
                            "ExpressionAttributeValues": {":v": {"N": "1"}},
                            "ReturnValuesOnConditionCheckFailure": "NONE",
                        }
                    },
                    {
                        "Update": {
                            "TableName": name,
                            "Key": {"pk": {"S": "t2"}},
                            "UpdateExpression": "SET a = :v",
                            "ExpressionAttributeValues": {":v": {"N": "1"}},
                        }
                    },
                    {"Delete": {"TableName": name, "Key": {"pk": {"S": "t3"}}}},
                    {
                        "ConditionCheck": {
                            "TableName": name,
                            "Key": {"pk": {"S": "t4"}},
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    },
                ],
                "ReturnConsumedCapacity": "NONE",
                "ReturnItemCollectionMetrics": "NONE",
            }
        ],
        "CreateTable": [
            {
                "TableName": f"{name}-never",
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "N"},
                    {"AttributeName": "l", "AttributeType": "S"},
                    # Not used by any key: so that no broken form of this makes a table.
                    {"AttributeName": "unused", "AttributeType": "S"},
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                "LocalSecondaryIndexes": [index("byL", "pk", "l", local=True)],
                "GlobalSecondaryIndexes": [index("byG", "l", "pk", include=["a"])],
                "StreamSpecification": {
                    "StreamEnabled": True,
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
                "SSESpecification": {"Enabled": False},
                "TableClass": "STANDARD",
                "DeletionProtectionEnabled": False,
            }
        ],
        "UpdateTable": [
            {
                "TableName": f"{name}-never",
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
                "GlobalSecondaryIndexUpdates": [
                    {"Create": index("byNew", "g", include=["a"])},
                    {
                        "Update": {
                            "IndexName": "byOld",
                            "ProvisionedThroughput": {
                                "ReadCapacityUnits": 1,
                                "WriteCapacityUnits": 1,
                            },
                        }
                    },
                    {"Delete": {"IndexName": "byOther"}},
                ],
            }
        ],
        "DescribeTable": [{"TableName": name}],
        "DeleteTable": [{"TableName": f"{name}-never"}],
        "ListTables": [{"ExclusiveStartTableName": name, "Limit": 1}],
        "DescribeTimeToLive": [{"TableName": name}],
        "UpdateTimeToLive": [
            {
                "TableName": f"{name}-never",
                "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"},
            }
        ],
        "ExecuteStatement": [
            {
                "Statement": f'SELECT * FROM "{name}" WHERE pk = ?',
                "Parameters": [{"S": "a"}],
                "ConsistentRead": True,
                "ReturnConsumedCapacity": "NONE",
                "Limit": 5,
            }
        ],
        "BatchExecuteStatement": [
            {
                "Statements": [
                    {
                        "Statement": f'SELECT * FROM "{name}" WHERE pk = ?',
                        "Parameters": [{"S": "a"}],
                        "ConsistentRead": True,
                    }
                ],
                "ReturnConsumedCapacity": "NONE",
            }
        ],
        "ExecuteTransaction": [
            {
                "TransactStatements": [
                    {
                        "Statement": f'SELECT * FROM "{name}" WHERE pk = ?',
                        "Parameters": [{"S": "a"}],
                    }
                ],
                "ReturnConsumedCapacity": "NONE",
            }
        ],
    }


# What dynalite knows.
CLASSIC = {
    "PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem",
    "BatchWriteItem", "CreateTable", "UpdateTable", "DescribeTable", "DeleteTable", "ListTables",
}  # fmt: skip
