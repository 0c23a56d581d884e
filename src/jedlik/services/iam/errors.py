"""IAM's errors: every code and text once; what the layers below raise, translated.

Codes and statuses are the service model's. Texts are those that AWS's users quote; those marked
"unverified" are written after them.
"""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError, validation
from jedlik.storage.waist import StorageClosed, StorageError
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.iam")


def access_denied(message: str) -> ApiError:
    return ApiError("AccessDenied", message, status=403)


def no_such(message: str) -> ApiError:
    return ApiError("NoSuchEntity", message, status=404)


def exists(message: str) -> ApiError:
    return ApiError("EntityAlreadyExists", message, status=409)


def conflict(message: str) -> ApiError:
    return ApiError("DeleteConflict", message, status=409)


def limit(message: str) -> ApiError:
    return ApiError("LimitExceeded", message, status=409)


def invalid_input(message: str) -> ApiError:
    return ApiError("InvalidInput", message)


def malformed_document(message: str) -> ApiError:
    return ApiError("MalformedPolicyDocument", message)


def unmodifiable(message: str) -> ApiError:
    return ApiError("UnmodifiableEntity", message)


def quota(name: str, most: int) -> ApiError:
    """name: "AccessKeysPerUser"."""
    return limit(f"Cannot exceed quota for {name}: {most}")


class NoSuch:
    """What cannot be found."""

    @staticmethod
    def user(name: str) -> ApiError:
        return no_such(f"The user with name {name} cannot be found.")

    @staticmethod
    def group(name: str) -> ApiError:
        return no_such(f"The group with name {name} cannot be found.")

    @staticmethod
    def role(name: str) -> ApiError:
        return no_such(f"The role with name {name} cannot be found.")

    @staticmethod
    def inline(kind: str, policy: str) -> ApiError:
        """kind: "user", "group" or "role"."""
        return no_such(f"The {kind} policy with name {policy} cannot be found.")

    @staticmethod
    def policy(arn: str) -> ApiError:
        return no_such(f"Policy {arn} was not found.")

    @staticmethod
    def attachable(arn: str) -> ApiError:
        return no_such(f"Policy {arn} does not exist or is not attachable.")

    @staticmethod
    def version(arn: str, version: str) -> ApiError:
        return no_such(f"Policy {arn} version {version} does not exist or is not attachable.")

    @staticmethod
    def access_key(key: str) -> ApiError:
        return no_such(f"The Access Key with id {key} cannot be found.")

    @staticmethod
    def instance_profile(name: str) -> ApiError:
        return no_such(f"Instance Profile {name} cannot be found.")

    @staticmethod
    def login(user: str) -> ApiError:
        return no_such(f"Login Profile for User {user} cannot be found.")

    @staticmethod
    def oidc(arn: str) -> ApiError:
        return no_such(f"OpenIDConnect Provider not found for arn {arn}")

    @staticmethod
    def saml(arn: str) -> ApiError:
        return no_such(f"Manifest not found for arn {arn}")

    @staticmethod
    def password_policy(account: str) -> ApiError:
        return no_such(f"The Password Policy with domain name {account} cannot be found.")

    @staticmethod
    def boundary(kind: str, name: str) -> ApiError:
        """Unverified."""
        return no_such(f"The {kind} with name {name} does not have a permissions boundary.")

    @staticmethod
    def alias(alias: str) -> ApiError:
        return no_such(f"The account alias with name {alias} cannot be found.")

    @staticmethod
    def deletion(task: str) -> ApiError:
        return no_such(f"Deletion Task not found: {task}")  # unverified


def must_name_a_user() -> ApiError:
    """The caller is no user, so there is none to take by default."""
    return validation("Must specify userName when calling with non-User credentials")


def protected_role(name: str) -> ApiError:
    return unmodifiable(
        f"Cannot perform the operation on the protected role '{name}' - this role is only "
        "modifiable by AWS"
    )


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, Contended):
        return ApiError(
            "ConcurrentModification",
            "Concurrent modification of the account's entities; try again.",  # unverified
            status=409,
        )
    if isinstance(fault, StorageClosed):
        return ApiError("ServiceUnavailable", "Service is shutting down", status=503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return ApiError("ServiceFailure", "An internal failure occurred.", status=500)
    return None
