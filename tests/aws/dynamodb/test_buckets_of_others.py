"""Exports, imports and bulk puts with the permissions of who asks for them: buckets of another
account, and what a user may not do in its own.

The server belongs to one account at a time, and knows the users of all that it ever belonged to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.aws.dynamodb.restores import wait_until
from tests.support.people import as_client
from tests.support.server import Server

OWNER, OTHER = "111111111111", "222222222222"
NAMES = ("owner", "other")
DENIED = (
    "S3AccessDenied",
    "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)",
)
KEYS: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


class Account:
    """An account with one user, who may do anything in it until `may` says otherwise."""

    def __init__(self, server: Server, number: str, name: str) -> None:
        self.server, self.number, self.name = server, number, name
        iam = server.client("iam")
        self.arn = iam.create_user(UserName=name)["User"]["Arn"]
        assert self.arn.split(":")[4] == number
        self._may(iam, allow("*"))
        self.keys = as_client(iam.create_access_key(UserName=name)["AccessKey"])

    def client(self, service: str) -> Any:
        keys = tuple(self.keys.values())
        return self.server.client(service, keys=keys, retries={"total_max_attempts": 3})

    def may(self, *statements: dict[str, Any]) -> None:
        self._may(self.client("iam"), *statements)

    def _may(self, iam: Any, *statements: dict[str, Any]) -> None:
        own = allow("iam:PutUserPolicy", "dynamodb:*")
        iam.put_user_policy(
            UserName=self.name, PolicyName="p", PolicyDocument=policy(own, *statements)
        )

    def export(self, table: str, **request: Any) -> tuple[str, str, str]:
        """Status, code and message in the end."""
        dynamodb = self.client("dynamodb")
        arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
        begun = dynamodb.export_table_to_point_in_time(TableArn=arn, **request)
        arn = begun["ExportDescription"]["ExportArn"]
        return self._ended(
            "Export", lambda: dynamodb.describe_export(ExportArn=arn)["ExportDescription"]
        )

    def imported(self, table: str, **source: Any) -> tuple[str, str, str]:
        dynamodb = self.client("dynamodb")
        begun = dynamodb.import_table(
            S3BucketSource=source,
            InputFormat="DYNAMODB_JSON",
            TableCreationParameters={"TableName": table, **KEYS},
        )
        arn = begun["ImportTableDescription"]["ImportArn"]
        return self._ended(
            "Import", lambda: dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"]
        )

    def bulk_put(
        self, table: str, source: dict[str, Any], output: dict[str, Any]
    ) -> tuple[str, str, str]:
        dynamodb = self.client("dynamodb")
        begun = dynamodb.start_bulk_put_items(
            TableName=table,
            InputS3Configuration={"InputFormat": "DYNAMODB_JSON", **source},
            OutputS3Configuration={"OutputType": ["ERROR"], **output},
        )
        arn = begun["BulkOperationDescription"]["BulkOperationArn"]

        def shown() -> dict[str, Any]:
            found: dict[str, Any] = dynamodb.describe_bulk_operation(BulkOperationArn=arn)
            return found["BulkOperationDescription"]

        return self._ended("BulkOperation", shown)

    def _ended(self, kind: str, shown: Any) -> tuple[str, str, str]:
        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = shown()
            return found if found[f"{kind}Status"] != "IN_PROGRESS" else None

        end = wait_until(ended)
        return end[f"{kind}Status"], end.get("FailureCode", ""), end.get("FailureMessage", "")


@pytest.fixture(scope="module")
def accounts(
    target: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Account, Account]]:
    """The owner of the buckets, and the other one, of the tables."""
    if target != "jedlik":
        pytest.skip("AWS's second account is not ours to make")
    folder: Path = tmp_path_factory.mktemp("accounts") / "data"
    server = Server("--data", str(folder), "--dax-nodes", "0", "--account", OWNER)
    try:
        server.start()
        owner = Account(server, OWNER, "owner")
        server.stop()
        server.arguments[server.arguments.index(OWNER)] = OTHER
        server.restart()
        other = Account(server, OTHER, "other")
        dynamodb = other.client("dynamodb")
        dynamodb.create_table(TableName="table", **KEYS)
        dynamodb.put_item(TableName="table", Item={"pk": {"S": "a"}})
        on = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName="table", PointInTimeRecoverySpecification=on)
        yield owner, other
    finally:
        server.stop()
        server.log.unlink(missing_ok=True)


@pytest.fixture
def owner(accounts: tuple[Account, Account]) -> Account:
    return accounts[0]


@pytest.fixture
def other(accounts: tuple[Account, Account]) -> Iterator[Account]:
    yield accounts[1]
    accounts[1].may(allow("*"))


def open_bucket(owner: Account, name: str, *statements: dict[str, Any]) -> None:
    """A bucket of the owner's with this policy."""
    s3 = owner.client("s3")
    s3.create_bucket(Bucket=name)
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=policy(*statements))


def to(account: Account, *actions: str, on: str) -> dict[str, Any]:
    return allow(*actions, on=on, Principal={"AWS": account.arn})


def test_an_export_to_a_bucket_of_another_account(owner: Account, other: Account) -> None:
    put = to(other, "s3:PutObject", on="arn:aws:s3:::given/AWSDynamoDB/*")
    open_bucket(owner, "given", put)
    done = other.export("table", S3Bucket="given", S3BucketOwner=OWNER)
    assert done == ("COMPLETED", "", "")
    theirs = owner.client("s3").list_objects_v2(Bucket="given")["Contents"]
    assert sum("/data/" in each["Key"] for each in theirs) == 1
    dynamodb = other.client("dynamodb")
    arns = [each["ExportArn"] for each in dynamodb.list_exports()["ExportSummaries"]]
    shown = [dynamodb.describe_export(ExportArn=arn)["ExportDescription"] for arn in arns]
    assert [each["S3BucketOwner"] for each in shown if each["S3Bucket"] == "given"] == [OWNER]

    failed = ("FAILED", *DENIED)
    assert other.export("table", S3Bucket="given") == failed, "the owner has to be named"
    assert other.export("table", S3Bucket="given", S3BucketOwner="333333333333") == failed
    assert other.export("table", S3Bucket="given", S3BucketOwner=OWNER, S3Prefix="p") == failed
    other.may(allow("s3:*", on="arn:aws:s3:::another/*"))
    assert other.export("table", S3Bucket="given", S3BucketOwner=OWNER) == failed
    anybody = other.server.client()
    arn = anybody.describe_table(TableName="table")["Table"]["TableArn"]
    begun = anybody.export_table_to_point_in_time(
        TableArn=arn, S3Bucket="given", S3BucketOwner=OWNER
    )["ExportDescription"]

    def ended() -> dict[str, Any] | None:
        found = anybody.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"]
        return found if found["ExportStatus"] != "IN_PROGRESS" else None

    assert wait_until(ended)["FailureCode"] == DENIED[0], "nobody has given them leave"


def test_a_bucket_whose_policy_says_nothing(owner: Account, other: Account) -> None:
    open_bucket(owner, "closed")
    done = other.export("table", S3Bucket="closed", S3BucketOwner=OWNER)
    assert done == ("FAILED", *DENIED)
    assert "Contents" not in owner.client("s3").list_objects_v2(Bucket="closed")


def test_an_import_from_a_bucket_of_another_account(owner: Account, other: Account) -> None:
    open_bucket(owner, "source", to(other, "s3:GetObject", on="arn:aws:s3:::source/in/*"))
    line = json.dumps({"Item": {"pk": {"S": "a"}}}).encode()
    owner.client("s3").put_object(Bucket="source", Key="in/1.json", Body=line)
    want = {"S3Bucket": "source", "S3KeyPrefix": "in/", "S3BucketOwner": OWNER}
    assert other.imported("unlisted", **want) == ("FAILED", *DENIED)
    both = [
        to(other, "s3:GetObject", on="arn:aws:s3:::source/in/*"),
        to(other, "s3:ListBucket", on="arn:aws:s3:::source"),
    ]
    owner.client("s3").put_bucket_policy(Bucket="source", Policy=policy(*both))
    assert other.imported("imported", **want) == ("COMPLETED", "", "")
    item = other.client("dynamodb").get_item(TableName="imported", Key={"pk": {"S": "a"}})["Item"]
    assert item == {"pk": {"S": "a"}}
    unnamed = {**want}
    del unnamed["S3BucketOwner"]
    assert other.imported("unnamed", **unnamed) == ("FAILED", *DENIED)


def test_a_bulk_put_between_two_accounts(owner: Account, other: Account) -> None:
    """Its input is one account's, its output the other's."""
    both = [
        to(other, "s3:GetObject", on="arn:aws:s3:::bulk/*"),
        to(other, "s3:ListBucket", on="arn:aws:s3:::bulk"),
    ]
    open_bucket(owner, "bulk", *both)
    lines = [json.dumps({"Item": {"pk": {"S": "bulk"}}}), "no item"]
    owner.client("s3").put_object(Bucket="bulk", Key="1.json", Body="\n".join(lines).encode())
    source = {"S3Bucket": "bulk", "S3BucketOwner": OWNER}
    # Without a bucket of its own the output goes to the input's, where it must not.
    assert other.bulk_put("table", source, {}) == ("FAILED", *DENIED)
    other.client("s3").create_bucket(Bucket="mine")
    done = other.bulk_put("table", source, {"S3Bucket": "mine"})
    assert done == ("COMPLETED_WITH_ERRORS", "", "")
    [told] = other.client("s3").list_objects_v2(Bucket="mine")["Contents"]
    assert "/ERROR/" in told["Key"]
    wrong = {"S3Bucket": "mine", "S3BucketOwner": OWNER}
    assert other.bulk_put("table", source, wrong) == ("FAILED", *DENIED)


def test_a_user_may_in_its_own_account_what_its_policies_and_the_buckets_say(
    owner: Account, other: Account
) -> None:
    other.client("s3").create_bucket(Bucket="own")
    other.may()
    assert other.export("table", S3Bucket="own") == ("FAILED", *DENIED)
    via = {"Condition": {"Bool": {"aws:ViaAWSService": "true"}}}
    called = {"aws:CalledVia": "dynamodb.amazonaws.com"}
    for condition in (via, {"Condition": {"ForAnyValue:StringEquals": called}}):
        other.may(allow("s3:PutObject", on="arn:aws:s3:::own/*", **condition))
        assert other.export("table", S3Bucket="own")[0] == "COMPLETED"
    other.may(allow("s3:*"))
    deny = {**to(other, "s3:PutObject", on="arn:aws:s3:::own/AWSDynamoDB/*"), "Effect": "Deny"}
    other.client("s3").put_bucket_policy(Bucket="own", Policy=policy(deny))
    assert other.export("table", S3Bucket="own") == ("FAILED", *DENIED)
    assert other.export("table", S3Bucket="own", S3Prefix="elsewhere")[0] == "COMPLETED"


def test_an_import_needs_leave_to_write_its_log(owner: Account, other: Account) -> None:
    s3 = other.client("s3")
    s3.create_bucket(Bucket="unlogged")
    s3.put_object(Bucket="unlogged", Key="1", Body=b'{"Item": {"pk": {"S": "a"}}}')
    other.may(allow("s3:*"))
    assert other.imported("unlogged", S3Bucket="unlogged") == (
        "FAILED",
        "CloudWatchLogsAccessDenied",
        "The caller is not authorized to perform: logs:CreateLogGroup",
    )
    logs = f"arn:aws:logs:us-east-1:{OTHER}:log-group:/aws-dynamodb/*"
    other.may(allow("s3:*"), allow("logs:*", on=logs))
    assert other.imported("logged", S3Bucket="unlogged") == ("COMPLETED", "", "")


def test_a_session_may_what_it_was_narrowed_to(owner: Account, other: Account) -> None:
    other.client("s3").create_bucket(Bucket="narrow")
    iam, sts = other.client("iam"), other.client("sts")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": OTHER}}
    role = iam.create_role(RoleName="mover", AssumeRolePolicyDocument=policy(trust))["Role"]
    iam.put_role_policy(RoleName="mover", PolicyName="p", PolicyDocument=policy(allow("*")))
    on_table = allow("dynamodb:*")
    for more, outcome in (
        ([allow("s3:PutObject", on="arn:aws:s3:::narrow/*")], "COMPLETED"),
        ([], "FAILED"),
    ):
        session = sts.assume_role(
            RoleArn=role["Arn"], RoleSessionName="narrowed", Policy=policy(on_table, *more)
        )
        as_role = Account.__new__(Account)
        as_role.server, as_role.keys = other.server, as_client(session["Credentials"])
        assert as_role.export("table", S3Bucket="narrow")[0] == outcome
