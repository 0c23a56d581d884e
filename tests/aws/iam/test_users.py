"""Users, groups, their keys and login profiles."""

from __future__ import annotations

import re

from tests.support.policies import allow, refused

ACCOUNT = "000000000000"


def test_a_user_from_beginning_to_end(iam, fresh):
    name = fresh("user")
    made = iam.create_user(UserName=name, Path="/team/", Tags=[{"Key": "a", "Value": "1"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/{name}"
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", made["UserId"])
    assert iam.get_user(UserName=name)["User"] == made
    listed = iam.list_users(PathPrefix="/team/")["Users"]
    assert [each["UserName"] for each in listed if each["UserName"] == name] == [name]
    assert all("Tags" not in each for each in listed)
    new = name + "-renamed"
    iam.update_user(UserName=name, NewUserName=new, NewPath="/")
    assert iam.get_user(UserName=new)["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{new}"
    missing = ("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    assert refused(iam.get_user, UserName=name) == missing
    iam.delete_user(UserName=new)
    gone = ("NoSuchEntity", f"The user with name {new} cannot be found.", 404)
    assert refused(iam.delete_user, UserName=new) == gone


def test_names_are_taken_whatever_their_case(iam, user):
    for name in (user, user.upper()):
        assert refused(iam.create_user, UserName=name) == (
            "EntityAlreadyExists",
            f"User with name {name} already exists.",
            409,
        )


def test_names_and_paths_that_cannot_be(iam, fresh):
    assert refused(iam.create_user, UserName="a b") == (
        "ValidationError",
        "The specified value for userName is invalid. It must contain only alphanumeric "
        "characters and/or the following: +=,.@_-",
        400,
    )
    code, text, _ = refused(iam.create_user, UserName="a" * 65)
    assert code == "ValidationError"
    assert text.endswith(
        "at 'userName' failed to satisfy constraint: Member must have length less than or equal "
        "to 64"
    )
    code, text, _ = refused(iam.create_user, UserName=fresh("u"), Path="/team")
    assert (code, text[:43]) == ("ValidationError", "The specified value for path is invalid. It")


def test_a_user_with_something_left_is_not_deleted(iam, user, fresh):
    group = fresh("group")
    iam.create_group(GroupName=group)
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName=user, Password="secret-1234")
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("s3:*"))
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.attach_user_policy(UserName=user, PolicyArn=arn)
    iam.add_user_to_group(GroupName=group, UserName=user)
    steps = [
        ("delete access keys", lambda: iam.delete_access_key(UserName=user, AccessKeyId=key)),
        ("delete login profile", lambda: iam.delete_login_profile(UserName=user)),
        ("detach all policies", lambda: iam.detach_user_policy(UserName=user, PolicyArn=arn)),
        ("delete policies", lambda: iam.delete_user_policy(UserName=user, PolicyName="p")),
        (
            "remove users from group",
            lambda: iam.remove_user_from_group(GroupName=group, UserName=user),
        ),
    ]
    for what, put_right in steps:
        assert refused(iam.delete_user, UserName=user) == (
            "DeleteConflict",
            f"Cannot delete entity, must {what} first.",
            409,
        )
        put_right()
    iam.delete_user(UserName=user)


def test_tags_are_told_apart_without_case(iam, user):
    iam.tag_user(UserName=user, Tags=[{"Key": "Team", "Value": "a"}, {"Key": "x", "Value": ""}])
    iam.tag_user(UserName=user, Tags=[{"Key": "team", "Value": "b"}])
    assert iam.list_user_tags(UserName=user)["Tags"] == [
        {"Key": "team", "Value": "b"},
        {"Key": "x", "Value": ""},
    ]
    iam.untag_user(UserName=user, TagKeys=["TEAM", "unknown"])
    assert iam.get_user(UserName=user)["User"]["Tags"] == [{"Key": "x", "Value": ""}]
    twice = [{"Key": "k", "Value": "1"}, {"Key": "K", "Value": "2"}]
    assert refused(iam.tag_user, UserName=user, Tags=twice) == (
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        400,
    )


def test_lists_come_in_pages(iam, fresh):
    path = f"/{fresh('pages')}/"
    names = [fresh("user") for _ in range(5)]
    for name in names:
        iam.create_user(UserName=name, Path=path)
    pages = list(iam.get_paginator("list_users").paginate(
        PathPrefix=path, PaginationConfig={"PageSize": 2}
    ))  # fmt: skip
    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    assert sorted(user["UserName"] for page in pages for user in page["Users"]) == sorted(names)
    assert [page["IsTruncated"] for page in pages] == [True, True, False]


def test_groups_hold_users_and_follow_a_new_name(iam, user, fresh):
    name, new = fresh("group"), fresh("renamed")
    group = iam.create_group(GroupName=name)["Group"]
    iam.add_user_to_group(GroupName=name, UserName=user)
    iam.add_user_to_group(GroupName=name, UserName=user)
    assert [each["UserName"] for each in iam.get_group(GroupName=name)["Users"]] == [user]
    assert refused(iam.delete_group, GroupName=name) == (
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
        409,
    )
    iam.update_group(GroupName=name, NewGroupName=new)
    (found,) = iam.list_groups_for_user(UserName=user)["Groups"]
    assert (found["GroupName"], found["GroupId"]) == (new, group["GroupId"])
    iam.remove_user_from_group(GroupName=new, UserName=user)
    iam.delete_group(GroupName=new)
    assert refused(iam.get_group, GroupName=new) == (
        "NoSuchEntity",
        f"The group with name {new} cannot be found.",
        404,
    )


def test_access_keys(iam, user, make_client):
    made = iam.create_access_key(UserName=user)["AccessKey"]
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", made["AccessKeyId"])
    assert len(made["SecretAccessKey"]) == 40
    other = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    assert refused(iam.create_access_key, UserName=user) == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
        409,
    )
    listed = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert {each["AccessKeyId"] for each in listed} == {made["AccessKeyId"], other}
    assert all("SecretAccessKey" not in each for each in listed)
    unused = iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])
    assert unused["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    as_user = make_client(
        "sts",
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
    )
    assert as_user.get_caller_identity()["Arn"].endswith(f":user/{user}")
    used = iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])
    assert (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]) == (user, "sts")
    # Switched off, on and deleted: each counts from the next request on.
    invalid = (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        403,
    )
    key = {"UserName": user, "AccessKeyId": made["AccessKeyId"]}
    iam.update_access_key(**key, Status="Inactive")
    assert refused(as_user.get_caller_identity) == invalid
    iam.update_access_key(**key, Status="Active")
    assert as_user.get_caller_identity()["Account"] == ACCOUNT
    iam.delete_access_key(**key)
    assert refused(as_user.get_caller_identity) == invalid


def test_nobody_changes_anothers_key_by_leaving_out_the_user(
    iam, user, fresh, keys_of, make_client
):
    other = fresh("victim")
    iam.create_user(UserName=other)
    victim = iam.create_access_key(UserName=other)["AccessKey"]["AccessKeyId"]
    own = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    iam.put_user_policy(
        UserName=user, PolicyName="own-keys", PolicyDocument=allow("iam:*AccessKey*", on=own)
    )
    client = make_client("iam", **keys_of(user))
    missing = ("NoSuchEntity", f"The Access Key with id {victim} cannot be found.", 404)
    assert refused(client.delete_access_key, AccessKeyId=victim) == missing
    assert refused(client.update_access_key, AccessKeyId=victim, Status="Inactive") == missing
    code, text, _ = refused(client.delete_access_key, UserName=other, AccessKeyId=victim)
    assert (code, other in text) == ("AccessDenied", True)
    assert refused(client.get_access_key_last_used, AccessKeyId=victim)[0] == "AccessDenied"
    assert len(client.list_access_keys()["AccessKeyMetadata"]) == 1


def test_login_profiles_are_noted(iam, user):
    assert refused(iam.get_login_profile, UserName=user) == (
        "NoSuchEntity",
        f"Login Profile for User {user} cannot be found.",
        404,
    )
    iam.create_login_profile(UserName=user, Password="secret-1234", PasswordResetRequired=True)
    assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is True
    iam.update_login_profile(UserName=user, PasswordResetRequired=False)
    assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is False
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []


def test_boundaries(iam, user, keys_of, make_client):
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=boundary)
    assert iam.get_user(UserName=user)["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": boundary,
    }
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=allow("*"))
    dynamodb = make_client("dynamodb", **keys_of(user))
    code, text, _ = refused(dynamodb.list_tables)
    assert code == "AccessDeniedException"
    assert text.endswith("because no permissions boundary allows the dynamodb:ListTables action")
    iam.delete_user_permissions_boundary(UserName=user)
    assert "TableNames" in dynamodb.list_tables()
