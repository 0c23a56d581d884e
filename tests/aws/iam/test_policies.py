"""Inline and managed policies, versions, AWS's own, and what is no policy."""

from __future__ import annotations

import json

import pytest

from tests.support.policies import allow, document, refused, trust

ACCOUNT = "000000000000"
LAMBDA = {"Service": "lambda.amazonaws.com"}


@pytest.fixture
def policy(iam, fresh):
    return iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=allow("s3:Get*"))["Policy"]


def test_an_inline_policy_comes_back_as_it_was_put(iam, user):
    text = allow("dynamodb:GetItem", on=f"arn:aws:dynamodb:*:{ACCOUNT}:table/\u00e9 %")
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=text)
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == ["p"]
    found = iam.get_user_policy(UserName=user, PolicyName="p")
    assert found["PolicyDocument"] == json.loads(text)
    iam.delete_user_policy(UserName=user, PolicyName="p")
    missing = ("NoSuchEntity", "The user policy with name p cannot be found.", 404)
    assert refused(iam.get_user_policy, UserName=user, PolicyName="p") == missing
    assert refused(iam.delete_user_policy, UserName=user, PolicyName="p") == missing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Syntax errors in policy."),
        (json.dumps({"Version": "2012-10-17"}), "Syntax errors in policy."),
        (
            allow("GetItem"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (allow("s3:Get*", on="bucket"), 'Resource bucket must be in ARN format or "*".'),
        (trust(LAMBDA), "Policy document should not specify a principal."),
    ],
)  # fmt: skip
def test_what_is_no_policy(iam, user, fresh, text, message):
    expected = ("MalformedPolicyDocument", message, 400)
    arguments = {"PolicyName": fresh("p"), "PolicyDocument": text}
    assert refused(iam.put_user_policy, UserName=user, **arguments) == expected
    assert refused(iam.create_policy, **arguments) == expected


def test_inline_policies_of_a_user_have_2048_characters_together(iam, user):
    long = allow(*(f"s3:Get{'a' * 60}{number:03}" for number in range(20)))
    iam.put_user_policy(UserName=user, PolicyName="p1", PolicyDocument=long)
    assert refused(iam.put_user_policy, UserName=user, PolicyName="p2", PolicyDocument=long) == (
        "LimitExceeded",
        f"Maximum policy size of 2048 bytes exceeded for user {user}",
        409,
    )
    blank = long.replace(",", "," + " " * 50)  # blanks do not count
    iam.put_user_policy(UserName=user, PolicyName="p1", PolicyDocument=blank)


def test_a_managed_policy_and_its_versions(iam, policy):
    arn = policy["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/{policy['PolicyName']}"
    assert (policy["DefaultVersionId"], policy["AttachmentCount"]) == ("v1", 0)
    for number in range(2, 6):
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow(f"s3:Put{number}"))
        assert made["PolicyVersion"]["VersionId"] == f"v{number}"
    more = {"PolicyArn": arn, "PolicyDocument": allow("s3:*"), "SetAsDefault": True}
    assert refused(iam.create_policy_version, **more) == (
        "LimitExceeded",
        "A managed policy can have up to 5 versions. Before you create a new version, you must "
        "delete an existing version.",
        409,
    )
    assert refused(iam.delete_policy_version, PolicyArn=arn, VersionId="v1") == (
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
        409,
    )
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v3")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.create_policy_version(**more)
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [each["VersionId"] for each in versions] == ["v6", "v5", "v4", "v3", "v2"]
    assert [each["IsDefaultVersion"] for each in versions] == [True, False, False, False, False]
    found = iam.get_policy_version(PolicyArn=arn, VersionId="v6")["PolicyVersion"]
    assert found["Document"] == json.loads(allow("s3:*"))
    assert refused(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"


def test_a_policy_is_attached_to_users_groups_and_roles(iam, policy, user, fresh):
    arn, role, group = policy["Arn"], fresh("role"), fresh("group")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(LAMBDA))
    iam.create_group(GroupName=group)
    iam.attach_user_policy(UserName=user, PolicyArn=arn)
    iam.attach_user_policy(UserName=user, PolicyArn=arn)
    iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 3
    found = iam.list_entities_for_policy(PolicyArn=arn)
    names = [found["PolicyUsers"], found["PolicyGroups"], found["PolicyRoles"]]
    assert [next(iter(each))[kind] for each, kind in zip(
        names, ("UserName", "GroupName", "RoleName"), strict=True
    )] == [user, group, role]  # fmt: skip
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == [
        {"PolicyName": policy["PolicyName"], "PolicyArn": arn}
    ]
    assert refused(iam.delete_policy, PolicyArn=arn) == (
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
        409,
    )
    iam.detach_user_policy(UserName=user, PolicyArn=arn)
    iam.detach_group_policy(GroupName=group, PolicyArn=arn)
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    missing = ("NoSuchEntity", f"Policy {arn} was not found.", 404)
    assert refused(iam.detach_role_policy, RoleName=role, PolicyArn=arn) == missing
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == missing
    assert refused(iam.attach_user_policy, UserName=user, PolicyArn=arn) == (
        "NoSuchEntity",
        f"Policy {arn} does not exist or is not attachable.",
        404,
    )


def test_a_new_default_version_counts_at_once(iam, user, keys_of, make_client, policy):
    iam.attach_user_policy(UserName=user, PolicyArn=policy["Arn"])
    client = make_client("dynamodb", **keys_of(user))
    assert refused(client.list_tables)[0] == "AccessDeniedException"
    version = {"PolicyArn": policy["Arn"], "SetAsDefault": True}
    iam.create_policy_version(**version, PolicyDocument=allow("dynamodb:ListTables"))
    for _ in range(3):  # also by the short way
        assert "TableNames" in client.list_tables()
    iam.create_policy_version(**version, PolicyDocument=allow("s3:*"))
    assert refused(client.list_tables)[0] == "AccessDeniedException"


def test_what_a_group_grants_comes_and_goes_with_it(iam, user, keys_of, make_client, fresh):
    group = fresh("group")
    iam.create_group(GroupName=group)
    iam.put_group_policy(
        GroupName=group, PolicyName="p", PolicyDocument=allow("dynamodb:ListTables")
    )
    client = make_client("dynamodb", **keys_of(user))
    assert refused(client.list_tables)[0] == "AccessDeniedException"
    iam.add_user_to_group(GroupName=group, UserName=user)
    assert "TableNames" in client.list_tables()
    iam.remove_user_from_group(GroupName=group, UserName=user)
    assert refused(client.list_tables)[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    "name",
    [
        "AdministratorAccess",
        "AmazonDynamoDBFullAccess",
        "AmazonDynamoDBReadOnlyAccess",
        "service-role/AWSLambdaBasicExecutionRole",
        "service-role/AWSLambdaDynamoDBExecutionRole",
        "service-role/AWSLambdaKinesisExecutionRole",
        "aws-service-role/DAXServiceRolePolicy",
        "aws-service-role/AWSApplicationAutoscalingDynamoDBTablePolicy",
    ],
)
def test_policies_of_aws_are_there(iam, name):
    arn = f"arn:aws:iam::aws:policy/{name}"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PolicyName"] == name.rpartition("/")[2]
    found = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert found["Document"]["Statement"]
    assert refused(iam.delete_policy, PolicyArn=arn)[0] == "AccessDenied"


@pytest.mark.parametrize("name", ["None", "x" * 400, "..", "é"])
def test_policies_that_aws_has_not(iam, name):
    arn = f"arn:aws:iam::aws:policy/{name}"
    code = refused(iam.list_policy_versions, PolicyArn=arn)[0]
    assert code == "NoSuchEntity"


def test_lists_tell_whose_policies_are_meant(iam, policy):
    local = iam.list_policies(Scope="Local")["Policies"]
    assert policy["Arn"] in [each["Arn"] for each in local]
    assert all(f":{ACCOUNT}:" in each["Arn"] for each in local)
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS")
    names = [each["PolicyName"] for page in pages for each in page["Policies"]]
    assert {"ReadOnlyAccess", "AmazonS3FullAccess", "AmazonCognitoPowerUser"} <= set(names)


def test_simulations_explain_themselves(iam, user, policy):
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    iam.attach_user_policy(UserName=user, PolicyArn=policy["Arn"])
    denies = document({
        "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "a"}},
    })  # fmt: skip
    iam.put_user_policy(UserName=user, PolicyName="no", PolicyDocument=denies)
    found = iam.simulate_principal_policy(
        PolicySourceArn=arn,
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::open/a", "arn:aws:s3:::secret/a"],
    )["EvaluationResults"]
    assert [(each["EvalActionName"], each["EvalDecision"]) for each in found] == [
        ("s3:GetObject", "allowed"),
        ("s3:GetObject", "explicitDeny"),
        ("s3:PutObject", "implicitDeny"),
        ("s3:PutObject", "implicitDeny"),
    ]
    assert found[0]["MatchedStatements"] == [
        {"SourcePolicyId": policy["Arn"], "SourcePolicyType": "user-managed"}
    ]
    assert "no" in [each["SourcePolicyId"] for each in found[1]["MatchedStatements"]]
    asked = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)
    assert asked["ContextKeyNames"] == ["aws:PrincipalTag/team"]


def test_policies_of_nobody_are_simulated(iam):
    text = allow("dynamodb:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    arguments = {"PolicyInputList": [text], "ActionNames": ["dynamodb:GetItem"]}
    (found,) = iam.simulate_custom_policy(**arguments)["EvaluationResults"]
    assert found["EvalDecision"] == "implicitDeny"
    assert [each.lower() for each in found["MissingContextValues"]] == ["aws:requestedregion"]
    context = [
        {
            "ContextKeyName": "aws:RequestedRegion",
            "ContextKeyValues": ["eu-west-1"],
            "ContextKeyType": "string",
        }
    ]
    (found,) = iam.simulate_custom_policy(**arguments, ContextEntries=context)["EvaluationResults"]
    assert found["EvalDecision"] == "allowed"
    for left in ({"ContextKeyName": "aws:RequestedRegion"}, {"ContextKeyValues": ["eu-west-1"]}):
        told = iam.simulate_custom_policy(**arguments, ContextEntries=[left])
        assert told["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
    code, text, _ = refused(
        iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["s3:GetObject"]
    )
    assert (code, text) == ("InvalidInput", "Syntax errors in policy.")
