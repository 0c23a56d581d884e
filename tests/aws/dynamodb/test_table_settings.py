"""Tags, time to live, resource policies, continuous backups, contributor insights."""

from __future__ import annotations

import json

import pytest

ACCOUNT_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
MISSING = "arn:aws:dynamodb:us-east-1:000000000000:table/no-such-table"


@pytest.fixture
def arn(table):
    return ACCOUNT_ARN + table


def policy(effect="Allow"):
    statement = {"Effect": effect, "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# --- tags


def test_tags_are_added_replaced_and_removed(ask, arn):
    ask("TagResource", ResourceArn=arn, Tags=[{"Key": k, "Value": "1"} for k in "abc"])
    ask("TagResource", ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    ask("UntagResource", ResourceArn=arn, TagKeys=["c", "never-there"])
    assert ask("ListTagsOfResource", ResourceArn=arn) == {
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    }


def test_fifty_tags_are_enough(ask, invalid, arn):
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert "Too many Tags" in invalid("TagResource", ResourceArn=arn, Tags=tags)
    ask("TagResource", ResourceArn=arn, Tags=tags[:50])
    assert "Too many Tags" in invalid("TagResource", ResourceArn=arn, Tags=tags[50:])
    assert len(ask("ListTagsOfResource", ResourceArn=arn)["Tags"]) == 50


def test_tags_that_cannot_be(invalid, arn):
    assert invalid("TagResource", ResourceArn=arn, Tags=[]) == (
        "Atleast one Tag needs to be provided as Input."
    )
    assert invalid("UntagResource", ResourceArn=arn, TagKeys=[]) == (
        "Atleast one Tag Key needs to be provided as Input."
    )
    assert invalid("TagResource", ResourceArn=arn, Tags=[{"Key": "a", "Value": "x" * 257}]) == (
        f"1 validation error detected: Value '{'x' * 257}' at 'tags.1.member.value' failed to "
        "satisfy constraint: Member must have length less than or equal to 256"
    )
    assert "aws:" in invalid("TagResource", ResourceArn=arn, Tags=[{"Key": "aws:a", "Value": ""}])
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert "Duplicate" in invalid("TagResource", ResourceArn=arn, Tags=twice)


def test_tags_of_what_is_not_there(refusal):
    gone = (
        "ResourceNotFoundException",
        f"Requested resource not found: ResourcArn: {MISSING} not found",
    )
    tags = [{"Key": "a", "Value": "1"}]
    assert refusal("TagResource", ResourceArn=MISSING, Tags=tags) == gone
    assert refusal("ListTagsOfResource", ResourceArn=MISSING) == gone
    assert refusal("UntagResource", ResourceArn=MISSING, TagKeys=["a"]) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    assert refusal("ListTagsOfResource", ResourceArn="x")[0] == "ValidationException"
    other = "arn:aws:s3:::bucket"
    assert refusal("ListTagsOfResource", ResourceArn=other)[0] == "AccessDeniedException"


# --- time to live


def ttl(attribute="expires", enabled=True):
    return {"Enabled": enabled, "AttributeName": attribute}


def test_time_to_live_is_enabled_once(ask, invalid, table):
    disabled = {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    assert ask("DescribeTimeToLive", TableName=table) == disabled
    wanted = {"TableName": table, "TimeToLiveSpecification": ttl()}
    assert ask("UpdateTimeToLive", **wanted) == {"TimeToLiveSpecification": ttl()}
    assert ask("DescribeTimeToLive", TableName=table) == {
        "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    }
    assert invalid("UpdateTimeToLive", **wanted) == "TimeToLive is already enabled"
    for other in (ttl("other"), ttl("other", enabled=False)):
        told = invalid("UpdateTimeToLive", TableName=table, TimeToLiveSpecification=other)
        assert told == (
            "TimeToLive is active on a different AttributeName: current AttributeName is expires"
        )
    off = ttl(enabled=False)
    assert invalid("UpdateTimeToLive", TableName=table, TimeToLiveSpecification=off) == (
        "Time to live has been modified multiple times within a fixed interval"
    )


def test_time_to_live_is_off_already(invalid, table):
    off = ttl(enabled=False)
    told = invalid("UpdateTimeToLive", TableName=table, TimeToLiveSpecification=off)
    assert told == "TimeToLive is already disabled"


# --- resource policies


def test_a_policy_is_kept_as_it_was_sent(ask, refusal, arn):
    text = policy()
    first = ask("PutResourcePolicy", ResourceArn=arn, Policy=text)["RevisionId"]
    assert ask("GetResourcePolicy", ResourceArn=arn) == {"Policy": text, "RevisionId": first}
    assert ask("PutResourcePolicy", ResourceArn=arn, Policy=text)["RevisionId"] == first
    second = ask("PutResourcePolicy", ResourceArn=arn, Policy=policy("Deny"))["RevisionId"]
    assert int(second) > int(first)
    assert ask("DeleteResourcePolicy", ResourceArn=arn) == {"RevisionId": second}
    assert ask("DeleteResourcePolicy", ResourceArn=arn) == {}
    assert refusal("GetResourcePolicy", ResourceArn=arn)[0] == "PolicyNotFoundException"


def test_an_expected_revision_guards_a_policy(ask, refusal, arn):
    put = {"ResourceArn": arn, "Policy": policy()}
    lost = "PolicyNotFoundException"
    assert refusal("PutResourcePolicy", **put, ExpectedRevisionId="1")[0] == lost
    revision = ask("PutResourcePolicy", **put, ExpectedRevisionId="NO_POLICY")["RevisionId"]
    assert refusal("PutResourcePolicy", **put, ExpectedRevisionId="NO_POLICY")[0] == lost
    delete = {"ResourceArn": arn, "ExpectedRevisionId": "1"}
    assert refusal("DeleteResourcePolicy", **delete)[0] == lost
    ask("DeleteResourcePolicy", ResourceArn=arn, ExpectedRevisionId=revision)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Version": "2012-10-17"}', "x" * 20481])
def test_what_is_no_policy(invalid, arn, text):
    assert "olicy" in invalid("PutResourcePolicy", ResourceArn=arn, Policy=text)


def test_a_new_table_may_bring_a_policy(ask, make_table):
    name = make_table(ResourcePolicy=policy())
    assert ask("GetResourcePolicy", ResourceArn=ACCOUNT_ARN + name)["Policy"] == policy()


# --- continuous backups


def test_recovery_on_and_off(ask, table):
    def described():
        answer = ask("DescribeContinuousBackups", TableName=table)["ContinuousBackupsDescription"]
        assert answer["ContinuousBackupsStatus"] == "ENABLED"
        return answer["PointInTimeRecoveryDescription"]

    def update(**wanted):
        ask("UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=wanted)

    assert described() == {"PointInTimeRecoveryStatus": "DISABLED"}
    update(PointInTimeRecoveryEnabled=True)
    on = described()
    assert (on["PointInTimeRecoveryStatus"], on["RecoveryPeriodInDays"]) == ("ENABLED", 35)
    assert on["EarliestRestorableDateTime"] <= on["LatestRestorableDateTime"]
    update(PointInTimeRecoveryEnabled=True, RecoveryPeriodInDays=7)
    again = described()
    assert again["RecoveryPeriodInDays"] == 7
    assert again["EarliestRestorableDateTime"] == on["EarliestRestorableDateTime"]
    update(PointInTimeRecoveryEnabled=False)
    assert described() == {"PointInTimeRecoveryStatus": "DISABLED"}


def test_recovery_of_what_is_not_there(refusal, new_name):
    name = new_name()
    gone = ("TableNotFoundException", f"Table not found: {name}")
    assert refusal("DescribeContinuousBackups", TableName=name) == gone
    wanted = {"PointInTimeRecoveryEnabled": True}
    assert (
        refusal("UpdateContinuousBackups", TableName=name, PointInTimeRecoverySpecification=wanted)
        == gone
    )


# --- contributor insights


def test_insights_of_a_table_and_an_index(ask, refusal, indexed_table):
    name = {"TableName": indexed_table}
    assert ask("DescribeContributorInsights", **name) == {
        **name,
        "ContributorInsightsStatus": "DISABLED",
    }
    assert ask("UpdateContributorInsights", **name, ContributorInsightsAction="ENABLE") == {
        **name,
        "ContributorInsightsStatus": "ENABLING",
        "ContributorInsightsMode": "ACCESSED_AND_THROTTLED_KEYS",
    }
    on = ask("DescribeContributorInsights", **name)
    assert on["ContributorInsightsStatus"] == "ENABLED"
    assert len(on["ContributorInsightsRuleList"]) == 4
    ask(
        "UpdateContributorInsights",
        **name,
        IndexName="by_g_all",
        ContributorInsightsAction="ENABLE",
        ContributorInsightsMode="THROTTLED_KEYS",
    )
    of_index = ask("DescribeContributorInsights", **name, IndexName="by_g_all")
    assert of_index["ContributorInsightsMode"] == "THROTTLED_KEYS"
    assert len(of_index["ContributorInsightsRuleList"]) == 1
    listed = ask("ListContributorInsights", **name)["ContributorInsightsSummaries"]
    assert [each.get("IndexName") for each in listed] == [None, "by_g_all"]
    assert refusal("DescribeContributorInsights", **name, IndexName="nothing") == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_insights_of_all_tables_come_in_pages(make_client, new_name):
    # A region of its own, so that no other test's tables are among them.
    client = make_client("dynamodb", region_name="eu-south-1")
    names = sorted(new_name() for _ in range(3))
    for name in names:
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.update_contributor_insights(TableName=name, ContributorInsightsAction="ENABLE")
    found = []
    more = {}
    while True:
        page = client.list_contributor_insights(MaxResults=2, **more)
        found += [each["TableName"] for each in page["ContributorInsightsSummaries"]]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert found == names


def test_no_kinesis_destinations(ask, table):
    assert ask("DescribeKinesisStreamingDestination", TableName=table) == {
        "TableName": table,
        "KinesisDataStreamDestinations": [],
    }
