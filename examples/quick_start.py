"""The README's quick start with boto3. Needs the sample tables and the two export lines."""

import boto3
from boto3.dynamodb.conditions import Attr, Key

dynamodb = boto3.resource("dynamodb")

replies = dynamodb.Table("Reply").query(
    KeyConditionExpression=Key("Id").eq("Amazon DynamoDB#Choosing a sort key")
    & Key("ReplyDateTime").begins_with("2026-02-03")
)
for reply in replies["Items"]:
    print(reply["ReplyDateTime"], reply["PostedBy"])

sale = dynamodb.Table("ProductCatalog").update_item(
    Key={"Id": 205},
    UpdateExpression="SET Price = Price - :off, Labels = list_append(Labels, :new)",
    ConditionExpression=Attr("Price").gt(2000),
    ExpressionAttributeValues={":off": 300, ":new": ["sale"]},
    ReturnValues="UPDATED_NEW",
)
print(sale["Attributes"])
