"""Roles, instance profiles, service-linked roles, providers, the account."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.policies import allow, refused, trust

ACCOUNT = "000000000000"
LAMBDA = {"Service": "lambda.amazonaws.com"}
METADATA = (
    '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.test" '
    'validUntil="2040-01-02T03:04:05Z"><IDPSSODescriptor protocolSupportEnumeration='
    '"urn:oasis:names:tc:SAML:2.0:protocol"><SingleSignOnService Binding="b" '
    'Location="https://idp.test/sso"/></IDPSSODescriptor></EntityDescriptor>' + " " * 1000
)


@pytest.fixture
def role(iam, fresh):
    name = fresh("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(LAMBDA))
    return name


def test_a_role_from_beginning_to_end(iam, fresh):
    name = fresh("role")
    made = iam.create_role(
        RoleName=name,
        Path="/app/",
        AssumeRolePolicyDocument=trust(LAMBDA),
        Description="runs",
        MaxSessionDuration=7200,
        Tags=[{"Key": "a", "Value": "1"}],
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/app/{name}"
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", made["RoleId"])
    assert made["AssumeRolePolicyDocument"] == json.loads(trust(LAMBDA))
    iam.update_role(RoleName=name, Description="walks", MaxSessionDuration=3600)
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("walks", 3600)
    assert (found["Tags"], found["RoleLastUsed"]) == ([{"Key": "a", "Value": "1"}], {})
    other = trust({"AWS": ACCOUNT})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=other)
    found = iam.get_role(RoleName=name)["Role"]
    assert found["AssumeRolePolicyDocument"] == json.loads(other)
    assert refused(iam.create_role, RoleName=name, AssumeRolePolicyDocument=other) == (
        "EntityAlreadyExists",
        f"Role with name {name} already exists.",
        409,
    )
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow("s3:*"))
    assert refused(iam.delete_role, RoleName=name) == (
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
        409,
    )
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    assert refused(iam.get_role, RoleName=name) == (
        "NoSuchEntity",
        f"The role with name {name} cannot be found.",
        404,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (allow("sts:AssumeRole"), "Has prohibited field Resource"),
        (
            trust(LAMBDA, "s3:GetObject"),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (trust({"AWS": "nobody"}), 'Invalid principal in policy: "AWS":"nobody"'),
    ],
)
def test_what_is_no_trust_policy(iam, role, text, message):
    code, told, _ = refused(iam.update_assume_role_policy, RoleName=role, PolicyDocument=text)
    assert code == "MalformedPolicyDocument"
    assert told in (message, "Missing required field Principal")


def test_instance_profiles_hold_a_role(iam, role, fresh):
    name = fresh("profile")
    made = iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert (made["Arn"], made["Roles"]) == (
        f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}",
        [],
    )
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    again = {"InstanceProfileName": name, "RoleName": role}
    assert refused(iam.add_role_to_instance_profile, **again)[0] == "LimitExceeded"
    (found,) = iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]
    assert [each["RoleName"] for each in found["Roles"]] == [role]
    in_use = (
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
        409,
    )
    assert refused(iam.delete_role, RoleName=role) == in_use
    assert refused(iam.delete_instance_profile, InstanceProfileName=name) == in_use
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=name)
    iam.delete_role(RoleName=role)


def test_service_linked_roles_belong_to_their_service(iam):
    service = "dax.amazonaws.com"
    role = iam.create_service_linked_role(AWSServiceName=service)["Role"]
    name = "AWSServiceRoleForDAX"
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{name}"
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["DAXServiceRolePolicy"]
    assert refused(iam.create_service_linked_role, AWSServiceName=service) == (
        "InvalidInput",
        f"Service role name {name} has been taken in this account, please try a different suffix.",
        400,
    )
    assert refused(iam.delete_role, RoleName=name) == (
        "UnmodifiableEntity",
        f"Cannot perform the operation on the protected role '{name}' - this role is only "
        "modifiable by AWS",
        400,
    )
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    status = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert status["Status"] == "SUCCEEDED"
    assert refused(iam.get_role, RoleName=name)[0] == "NoSuchEntity"


def test_openid_connect_providers(iam, fresh):
    url = f"https://{fresh('idp')}.test/realm"
    arn = iam.create_open_id_connect_provider(
        Url=url, ClientIDList=["app"], ThumbprintList=["A" * 40]
    )["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url[8:]}"
    again = (
        "EntityAlreadyExists",
        f"Provider with url {url} already exists.",
        409,
    )
    assert refused(iam.create_open_id_connect_provider, Url=url) == again
    which = {"OpenIDConnectProviderArn": arn}
    iam.add_client_id_to_open_id_connect_provider(**which, ClientID="web")
    iam.remove_client_id_from_open_id_connect_provider(**which, ClientID="app")
    iam.update_open_id_connect_provider_thumbprint(**which, ThumbprintList=["b" * 40])
    found = iam.get_open_id_connect_provider(**which)
    assert (found["Url"], found["ClientIDList"]) == (url[8:], ["web"])
    assert found["ThumbprintList"] == ["b" * 40]
    assert {"Arn": arn} in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    iam.delete_open_id_connect_provider(**which)
    assert refused(iam.get_open_id_connect_provider, **which) == (
        "NoSuchEntity",
        f"OpenIDConnect Provider not found for arn {arn}",
        404,
    )


@pytest.mark.parametrize("url", ["http://idp.test", "ftp://x", "https://a@b.test", "https://"])
def test_providers_are_asked_by_https_only(iam, url):
    assert refused(iam.create_open_id_connect_provider, Url=url) == (
        "ValidationError",
        "Invalid Open ID Connect Provider URL",
        400,
    )


def test_saml_providers_are_kept(iam, fresh):
    name = fresh("saml")
    arn = iam.create_saml_provider(Name=name, SAMLMetadataDocument=METADATA)["SAMLProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}"
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["SAMLMetadataDocument"] == METADATA
    assert found["ValidUntil"].isoformat()[:19] == "2040-01-02T03:04:05"
    assert arn in [each["Arn"] for each in iam.list_saml_providers()["SAMLProviderList"]]
    bomb = '<!DOCTYPE a [<!ENTITY x "y">]>' + METADATA
    assert refused(iam.create_saml_provider, Name=name, SAMLMetadataDocument=bomb) == (
        "InvalidInput",
        "Could not parse metadata",
        400,
    )
    iam.delete_saml_provider(SAMLProviderArn=arn)
    assert refused(iam.get_saml_provider, SAMLProviderArn=arn)[0] == "NoSuchEntity"


def test_the_account(iam, user):
    iam.create_account_alias(AccountAlias="first-name")
    iam.create_account_alias(AccountAlias="second-name")
    assert iam.list_account_aliases()["AccountAliases"] == ["second-name"]
    iam.delete_account_alias(AccountAlias="second-name")
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.update_account_password_policy(MinimumPasswordLength=12, MaxPasswordAge=90)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["ExpirePasswords"]) == (12, True)
    iam.delete_account_password_policy()
    assert refused(iam.get_account_password_policy) == (
        "NoSuchEntity",
        f"The Password Policy with domain name {ACCOUNT} cannot be found.",
        404,
    )
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Users"] >= 1
    assert summary["VersionsPerPolicyQuota"] == 5


def test_everything_at_once(iam, user, role, fresh):
    arn = iam.create_policy(PolicyName=fresh("p"), PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=allow("sqs:*"))
    pages = list(iam.get_paginator("get_account_authorization_details").paginate())
    users = {each["UserName"]: each for page in pages for each in page["UserDetailList"]}
    roles = {each["RoleName"]: each for page in pages for each in page["RoleDetailList"]}
    policies = {each["Arn"]: each for page in pages for each in page["Policies"]}
    (inline,) = users[user]["UserPolicyList"]
    assert inline == {"PolicyName": "own", "PolicyDocument": json.loads(allow("sqs:*"))}
    assert [each["PolicyArn"] for each in roles[role]["AttachedManagedPolicies"]] == [arn]
    (version,) = policies[arn]["PolicyVersionList"]
    assert version["Document"] == json.loads(allow("s3:*"))
