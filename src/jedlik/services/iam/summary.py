"""What GetAccountSummary counts, beside the quotas."""

from __future__ import annotations

from jedlik.identity.records import (
    Group,
    InstanceProfile,
    ManagedPolicy,
    OidcProvider,
    Role,
    SamlProvider,
    User,
)
from jedlik.services.iam import limits
from jedlik.services.iam.lookups import Names


def summary(found: Names) -> dict[str, int]:
    policies = found.all(ManagedPolicy)
    return {
        "AccessKeysPerUserQuota": limits.ACCESS_KEYS_PER_USER,
        "AccountAccessKeysPresent": 1,
        "AccountMFAEnabled": 0,
        "AccountPasswordPresent": 0,
        "AccountSigningCertificatesPresent": 0,
        "AssumeRolePolicySizeQuota": limits.TRUST_CHARACTERS,
        "AttachedPoliciesPerGroupQuota": limits.ATTACHED_POLICIES,
        "AttachedPoliciesPerRoleQuota": limits.ATTACHED_POLICIES,
        "AttachedPoliciesPerUserQuota": limits.ATTACHED_POLICIES,
        "GlobalEndpointTokenVersion": 1,
        "GroupPolicySizeQuota": limits.INLINE_GROUP_CHARACTERS,
        "Groups": len(found.all(Group)),
        "GroupsPerUserQuota": limits.GROUPS_PER_USER,
        "GroupsQuota": limits.GROUPS,
        "InstanceProfiles": len(found.all(InstanceProfile)),
        "InstanceProfilesQuota": limits.INSTANCE_PROFILES,
        "MFADevices": 0,
        "MFADevicesInUse": 0,
        "Policies": len(policies),
        "PoliciesQuota": limits.POLICIES,
        "PolicySizeQuota": limits.MANAGED_POLICY_CHARACTERS,
        "PolicyVersionsInUse": sum(len(each.versions) for each in policies),
        "PolicyVersionsInUseQuota": 10_000,
        "Providers": len(found.all(OidcProvider)) + len(found.all(SamlProvider)),
        "RolePolicySizeQuota": limits.INLINE_ROLE_CHARACTERS,
        "Roles": len(found.all(Role)),
        "RolesQuota": limits.ROLES,
        "ServerCertificates": 0,
        "ServerCertificatesQuota": 20,
        "SigningCertificatesPerUserQuota": 2,
        "UserPolicySizeQuota": limits.INLINE_USER_CHARACTERS,
        "Users": len(found.all(User)),
        "UsersQuota": limits.USERS,
        "VersionsPerPolicyQuota": limits.POLICY_VERSIONS,
    }
