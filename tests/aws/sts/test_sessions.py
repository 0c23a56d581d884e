"""Who a caller is, and sessions: of roles, of users, federated ones; narrowed, tagged, chained."""

from __future__ import annotations

import time

import pytest

from tests.support.people import as_client
from tests.support.policies import allow, document, refused, trust

ACCOUNT = "000000000000"
INVALID = ("InvalidClientTokenId", "The security token included in the request is invalid.", 403)


@pytest.fixture
def make_role(iam, fresh):
    """make_role(document, principal): the ARN of a role that may do this."""

    def make(policy=None, principal=None, **more):
        name = fresh("role")
        given = trust(principal or {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=given, **more)["Role"]
        if policy:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
        return role["Arn"]

    return make


def user_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def test_callers(sts, user, keys_of, make_client):
    developer = sts.get_caller_identity()
    assert (developer["Account"], developer["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
    keys = keys_of(user)
    found = make_client("sts", **keys).get_caller_identity()
    assert (found["Arn"], found["UserId"][:4]) == (user_arn(user), "AIDA")
    known = sts.get_access_key_info(AccessKeyId=keys["aws_access_key_id"])
    assert known["Account"] == ACCOUNT


def test_the_walk_of_a_deploy_tool(
    iam, user, keys_of, make_client, make_role, make_table, dynamodb
):
    """A role, the read-only policy, assumed: it reads and is refused a write."""
    table = make_table()
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}})
    role = make_role(principal={"AWS": user_arn(user)})
    iam.attach_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyArn="arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess",
    )
    as_user = make_client("sts", **keys_of(user))
    answer = as_user.assume_role(RoleArn=role, RoleSessionName="walk")
    session = make_client("dynamodb", **as_client(answer["Credentials"]))
    for _ in range(3):  # also by the short way
        found = session.get_item(TableName=table, Key={"pk": {"S": "a"}})
        assert found["Item"] == {"pk": {"S": "a"}}
    arn = answer["AssumedRoleUser"]["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/walk"
    resource = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}"
    assert refused(session.put_item, TableName=table, Item={"pk": {"S": "b"}}) == (
        "AccessDeniedException",
        f"User: {arn} is not authorized to perform: dynamodb:PutItem on resource: {resource} "
        "because no identity-based policy allows the dynamodb:PutItem action",
        400,
    )
    used = iam.get_role(RoleName=role.rpartition("/")[2])["Role"]["RoleLastUsed"]
    assert used["Region"] == "us-east-1"


def test_only_whom_the_trust_policy_means(user, keys_of, make_client, make_role, fresh, iam):
    other = fresh("other")
    iam.create_user(UserName=other)
    role = make_role(principal={"AWS": user_arn(user)})
    iam.put_user_policy(
        UserName=other, PolicyName="p", PolicyDocument=allow("sts:AssumeRole", on=role)
    )
    outsider = make_client("sts", **keys_of(other))
    denied = "is not authorized to perform: sts:AssumeRole on resource:"
    assert refused(outsider.assume_role, RoleArn=role, RoleSessionName="no") == (
        "AccessDenied",
        f"User: {user_arn(other)} {denied} {role}",
        403,
    )
    missing = role + "-missing"
    assert refused(outsider.assume_role, RoleArn=missing, RoleSessionName="no") == (
        "AccessDenied",
        f"User: {user_arn(other)} {denied} {missing}",
        403,
    )


def test_through_the_account_the_user_needs_a_policy_too(
    user, keys_of, make_client, make_role, iam
):
    role = make_role()
    client = make_client("sts", **keys_of(user))
    asked = {"RoleArn": role, "RoleSessionName": "sess"}
    assert refused(client.assume_role, **asked)[0] == "AccessDenied"
    iam.put_user_policy(
        UserName=user, PolicyName="p", PolicyDocument=allow("sts:AssumeRole", on=role)
    )
    assert client.assume_role(**asked)["Credentials"]["AccessKeyId"][:4] == "ASIA"


def test_an_external_id_is_asked_for(user, keys_of, make_client, iam, fresh):
    name = fresh("role")
    given = trust({"AWS": user_arn(user)}, Condition={"StringEquals": {"sts:ExternalId": "shared"}})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=given)["Role"]["Arn"]
    client = make_client("sts", **keys_of(user))
    asked = {"RoleArn": role, "RoleSessionName": "sess"}
    assert refused(client.assume_role, **asked)[0] == "AccessDenied"
    assert refused(client.assume_role, **asked, ExternalId="other")[0] == "AccessDenied"
    assert "Credentials" in client.assume_role(**asked, ExternalId="shared")


def test_session_policies_take_away_and_never_add(sts, make_role, make_client):
    role = make_role(allow("dynamodb:ListTables", "dynamodb:DescribeLimits"))
    narrow = allow("dynamodb:ListTables", "sqs:*")
    answer = sts.assume_role(RoleArn=role, RoleSessionName="narrow", Policy=narrow)
    assert 0 < answer["PackedPolicySize"] <= 100
    session = make_client("dynamodb", **as_client(answer["Credentials"]))
    assert "TableNames" in session.list_tables()
    code, text, _ = refused(session.describe_limits)
    assert code == "AccessDeniedException"
    assert text.endswith("because no session policy allows the dynamodb:DescribeLimits action")
    managed = [{"arn": "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"}]
    answer = sts.assume_role(RoleArn=role, RoleSessionName="managed", PolicyArns=managed)
    session = make_client("dynamodb", **as_client(answer["Credentials"]))
    assert "TableNames" in session.list_tables()
    malformed = {"RoleArn": role, "RoleSessionName": "sess", "Policy": "{"}
    assert refused(sts.assume_role, **malformed)[:2] == (
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
    )


def test_durations(sts, make_role, make_client):
    role = make_role(MaxSessionDuration=7200)
    asked = {"RoleArn": role, "RoleSessionName": "sess"}
    before = time.time()
    answer = sts.assume_role(**asked, DurationSeconds=7200)
    lasts_s = answer["Credentials"]["Expiration"].timestamp() - before
    assert 7100 < lasts_s < 7300
    assert refused(sts.assume_role, **asked, DurationSeconds=7201) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        400,
    )


def test_chained_roles_and_transitive_tags(iam, sts, make_role, make_client, fresh):
    second = make_role(
        allow("dynamodb:ListTables", Condition={
            "StringEquals": {"aws:PrincipalTag/team": "blue"}
        }),
        MaxSessionDuration=7200,
    )  # fmt: skip
    anybody = document({
        "Effect": "Allow", "Principal": {"AWS": ACCOUNT},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    })  # fmt: skip
    iam.update_assume_role_policy(RoleName=second.rpartition("/")[2], PolicyDocument=anybody)
    first = make_role(allow("sts:*", on=second))
    tagged = sts.assume_role(
        RoleArn=first, RoleSessionName="first", TransitiveTagKeys=["team"],
        Tags=[{"Key": "team", "Value": "blue"}, {"Key": "stays", "Value": "here"}],
    )  # fmt: skip
    chained = make_client("sts", **as_client(tagged["Credentials"]))
    asked = {"RoleArn": second, "RoleSessionName": "second"}
    assert refused(chained.assume_role, **asked, DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining",
        400,
    )
    override = [{"Key": "TEAM", "Value": "red"}]
    assert refused(chained.assume_role, **asked, Tags=override)[0] == "InvalidParameterValue"
    answer = chained.assume_role(**asked)
    session = make_client("dynamodb", **as_client(answer["Credentials"]))
    assert "TableNames" in session.list_tables()


def test_a_source_identity_stays_with_whoever_it_was_given(
    iam, make_role, make_client, sts, user, keys_of
):
    """Through every role that is assumed from there on, and no session says another."""
    when = {"StringEquals": {"aws:SourceIdentity": "ann"}}
    second = make_role(allow("dynamodb:ListTables", Condition=when))
    first = make_role(allow("sts:*", on=second))
    asked = {"RoleSessionName": "source", "SourceIdentity": "ann"}
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("sts:*"))
    as_user = make_client("sts", **keys_of(user))
    assert refused(as_user.assume_role, RoleArn=first, **asked)[0] == "AccessDenied"
    anybody = document({
        "Effect": "Allow", "Principal": {"AWS": ACCOUNT},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
    })  # fmt: skip
    for role in (first, second):
        iam.update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=anybody)
    answer = as_user.assume_role(RoleArn=first, **asked)
    assert answer["SourceIdentity"] == "ann"
    chained = make_client("sts", **as_client(answer["Credentials"]))
    further = chained.assume_role(RoleArn=second, RoleSessionName="further")
    assert further["SourceIdentity"] == "ann"
    session = make_client("dynamodb", **as_client(further["Credentials"]))
    assert "TableNames" in session.list_tables()
    without = sts.assume_role(RoleArn=second, RoleSessionName="without")
    stranger = make_client("dynamodb", **as_client(without["Credentials"]))
    assert refused(stranger.list_tables)[0] == "AccessDeniedException"


def test_a_users_own_session(iam, user, keys_of, make_client):
    iam.put_user_policy(
        UserName=user, PolicyName="p", PolicyDocument=allow("dynamodb:ListTables", "sts:*")
    )
    answer = make_client("sts", **keys_of(user)).get_session_token(DurationSeconds=900)
    keys = as_client(answer["Credentials"])
    session = make_client("sts", **keys)
    assert session.get_caller_identity()["Arn"] == user_arn(user)
    assert "TableNames" in make_client("dynamodb", **keys).list_tables()
    assert refused(session.get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
        403,
    )
    # What is taken from the user is taken from the session.
    iam.delete_user_policy(UserName=user, PolicyName="p")
    assert refused(make_client("dynamodb", **keys).list_tables)[0] == "AccessDeniedException"


def test_federated_users_have_what_both_grant(iam, user, keys_of, make_client):
    iam.put_user_policy(
        UserName=user,
        PolicyName="p",
        PolicyDocument=allow("dynamodb:*", "sts:GetFederationToken"),
    )
    client = make_client("sts", **keys_of(user))
    answer = client.get_federation_token(Name="guest", Policy=allow("dynamodb:List*"))
    assert answer["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/guest"
    guest = make_client("dynamodb", **as_client(answer["Credentials"]))
    assert "TableNames" in guest.list_tables()
    assert refused(guest.describe_limits)[0] == "AccessDeniedException"
    nothing = client.get_federation_token(Name="nobody")
    nobody = make_client("dynamodb", **as_client(nothing["Credentials"]))
    assert refused(nobody.list_tables)[0] == "AccessDeniedException"


def test_tokens_are_whole_and_belong_to_their_key(sts, make_role, make_client):
    role = make_role(allow("*"))
    one = as_client(sts.assume_role(RoleArn=role, RoleSessionName="one1")["Credentials"])
    two = as_client(sts.assume_role(RoleArn=role, RoleSessionName="two2")["Credentials"])
    token = one["aws_session_token"]
    middle = len(token) // 2
    flipped = "A" if token[middle] != "A" else "B"
    for wrong in (
        token[:middle] + flipped + token[middle + 1 :],
        token[:-8],
        two["aws_session_token"],
        "made up",
        None,
    ):
        client = make_client("sts", **{**one, "aws_session_token": wrong})
        assert refused(client.get_caller_identity) == INVALID, wrong
    dynamodb = make_client("dynamodb", **{**one, "aws_session_token": token[:-8]})
    assert refused(dynamodb.list_tables) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        400,
    )


def test_sessions_end_with_their_role(iam, sts, make_role, make_client):
    role = make_role()
    name = role.rpartition("/")[2]
    keys = as_client(sts.assume_role(RoleArn=role, RoleSessionName="sess")["Credentials"])
    session = make_client("sts", **keys)
    assert session.get_caller_identity()["Account"] == ACCOUNT
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    # Another role, though it has the same name.
    assert refused(session.get_caller_identity) == INVALID
