"""Work groups, named queries, prepared statements, tags."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.athena.test_queries import refused


@pytest.fixture
def group(athena: Any, bucket: str) -> str:
    name = f"wg-{uuid.uuid4().hex}"
    athena.create_work_group(
        Name=name,
        Description="for a test",
        Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/{name}/"}},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    return name


def test_primary_is_there(athena: Any) -> None:
    told = athena.get_work_group(WorkGroup="primary")["WorkGroup"]
    assert told["State"] == "ENABLED"
    assert told["Configuration"]["EnforceWorkGroupConfiguration"] is False
    names = [each["Name"] for each in athena.list_work_groups()["WorkGroups"]]
    assert "primary" in names
    assert refused(athena.delete_work_group, WorkGroup="primary")[0] == "InvalidRequestException"


def test_a_work_group_says_where_results_go(
    athena: Any, query: Any, bucket: str, group: str
) -> None:
    answer = query("SHOW DATABASES", WorkGroup=group)
    assert answer.location == f"s3://{bucket}/{group}/{answer.id}.txt"
    athena.update_work_group(
        WorkGroup=group, ConfigurationUpdates={"EnforceWorkGroupConfiguration": False}
    )
    free = query("SHOW DATABASES", WorkGroup=group)
    assert free.location == f"s3://{bucket}/results/{free.id}.txt"
    athena.update_work_group(WorkGroup=group, State="DISABLED")
    assert refused(athena.start_query_execution, QueryString="SHOW DATABASES", WorkGroup=group) == (
        "InvalidRequestException",
        f"WorkGroup {group} is disabled.",
    )


def test_a_work_group_limits_what_is_read(
    athena: Any, s3: Any, query: Any, bucket: str, database: str, group: str
) -> None:
    s3.put_object(Bucket=bucket, Key=f"{database}/big/a", Body=b"x" * 10_000_001)
    query(f"CREATE EXTERNAL TABLE big (a string) LOCATION 's3://{bucket}/{database}/big/'")
    athena.update_work_group(
        WorkGroup=group, ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    started = athena.start_query_execution(
        QueryString="SELECT count(*) FROM big",
        WorkGroup=group,
        QueryExecutionContext={"Database": database},
    )
    from tests.aws.athena.conftest import finished

    status = finished(athena, started["QueryExecutionId"])["Status"]
    assert status["State"] == "CANCELLED"
    assert status["StateChangeReason"].startswith("Bytes scanned limit was exceeded")


def test_made_twice_and_deleted(athena: Any, query: Any, group: str) -> None:
    assert refused(athena.create_work_group, Name=group) == (
        "InvalidRequestException",
        "WorkGroup is already created",
    )
    query("SHOW DATABASES", WorkGroup=group)
    assert refused(athena.delete_work_group, WorkGroup=group) == (
        "InvalidRequestException",
        f"WorkGroup {group} is not empty",
    )
    athena.delete_work_group(WorkGroup=group, RecursiveDeleteOption=True)
    assert refused(athena.get_work_group, WorkGroup=group) == (
        "InvalidRequestException",
        f"WorkGroup {group} is not found.",
    )


def test_tags(athena: Any, group: str) -> None:
    arn = f"arn:aws:athena:us-east-1:000000000000:workgroup/{group}"
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "cost", "Value": "1"}])
    athena.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "cost", "Value": "1"}]
    code, _ = refused(athena.list_tags_for_resource, ResourceARN=f"{arn}-missing")
    assert code == "ResourceNotFoundException"


def test_named_queries(athena: Any, group: str) -> None:
    request = {
        "Name": "n",
        "Database": "d",
        "QueryString": "SELECT 1",
        "WorkGroup": group,
        "ClientRequestToken": uuid.uuid4().hex,
    }
    made = athena.create_named_query(**request)["NamedQueryId"]
    assert athena.create_named_query(**request)["NamedQueryId"] == made
    athena.update_named_query(NamedQueryId=made, Name="m", QueryString="SELECT 2")
    told = athena.get_named_query(NamedQueryId=made)["NamedQuery"]
    assert (told["Name"], told["Database"], told["QueryString"]) == ("m", "d", "SELECT 2")
    assert athena.list_named_queries(WorkGroup=group)["NamedQueryIds"] == [made]
    both = athena.batch_get_named_query(NamedQueryIds=[made, "nothing"])
    assert len(both["NamedQueries"]) == len(both["UnprocessedNamedQueryIds"]) == 1
    athena.delete_named_query(NamedQueryId=made)
    assert refused(athena.get_named_query, NamedQueryId=made)[0] == "InvalidRequestException"


def test_prepared_statements(athena: Any, query: Any, group: str) -> None:
    athena.create_prepared_statement(
        StatementName="one", WorkGroup=group, QueryStatement="SELECT ? AS a, ? AS b"
    )
    answer = query("EXECUTE one USING 'x, y', 2", WorkGroup=group)
    assert answer.rows == [["x, y", "2"]]
    given = query("EXECUTE one", WorkGroup=group, ExecutionParameters=["1", "2"])
    assert given.rows == [["1", "2"]]
    query("PREPARE two FROM SELECT 2 AS two", WorkGroup=group)
    listed = athena.list_prepared_statements(WorkGroup=group)["PreparedStatements"]
    assert [each["StatementName"] for each in listed] == ["one", "two"]
    query("DEALLOCATE PREPARE two", WorkGroup=group)
    with pytest.raises(ClientError) as error:
        athena.get_prepared_statement(StatementName="two", WorkGroup=group)
    assert error.value.response["Error"]["Code"] == "ResourceNotFoundException"
    athena.update_prepared_statement(
        StatementName="one", WorkGroup=group, QueryStatement="SELECT 3"
    )
    told = athena.get_prepared_statement(StatementName="one", WorkGroup=group)
    assert told["PreparedStatement"]["QueryStatement"] == "SELECT 3"
    athena.delete_prepared_statement(StatementName="one", WorkGroup=group)
    assert (
        "Prepared statement not found" in query("EXECUTE one", WorkGroup=group, fails=True).reason
    )


def test_tokens_that_nobody_gave_are_refused(athena: Any, glue: Any) -> None:
    # "Zg==" can be decoded, but stands for no place.
    for token in ("!", "Zg=="):
        for call in (athena.list_work_groups, athena.list_engine_versions):
            assert refused(call, NextToken=token) == ("InvalidRequestException", "Invalid token")
        assert refused(glue.get_databases, NextToken=token)[0] == "InvalidInputException"
