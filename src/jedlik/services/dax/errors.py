"""DAX's errors: every code and text once; what the layers below raise, translated.

Texts marked "unverified" are written after those of ElastiCache, whose control plane DAX's is
modelled on; the codes are the service model's. AWS writes the bare code into `__type`.
"""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError
from jedlik.storage.waist import StorageClosed, StorageError
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.dax")


def _dax(code: str, message: str, status: int = 400) -> ApiError:
    return ApiError(code, message, status=status, namespace="")


def invalid_value(message: str) -> ApiError:
    return _dax("InvalidParameterValueException", message)


def invalid_combination(message: str) -> ApiError:
    return _dax("InvalidParameterCombinationException", message)


class Cluster:
    """Errors about clusters and their nodes."""

    @staticmethod
    def not_found() -> ApiError:
        return _dax("ClusterNotFoundFault", "Cluster not found.")

    @staticmethod
    def exists(name: str) -> ApiError:
        return _dax("ClusterAlreadyExistsFault", f"Cluster {name} already exists.")  # unverified

    @staticmethod
    def not_available(name: str, status: str) -> ApiError:
        """The cluster is on its way to another state. Unverified."""
        return _dax(
            "InvalidClusterStateFault",
            f"Cluster {name} is not in the available state. Current state: {status}.",
        )

    @staticmethod
    def node_not_found(node: str) -> ApiError:
        return _dax("NodeNotFoundFault", f"Node {node} not found.")  # unverified

    @staticmethod
    def too_many_nodes(limit: int) -> ApiError:
        return _dax(
            "NodeQuotaForClusterExceededFault",
            f"A cluster can have at most {limit} nodes.",  # unverified
        )

    @staticmethod
    def too_many_nodes_in_region(limit: int) -> ApiError:
        return _dax(
            "NodeQuotaForCustomerExceededFault",
            f"You can have at most {limit} nodes in this region.",  # unverified
        )


class ParameterGroup:
    """Errors about parameter groups. Unverified texts."""

    @staticmethod
    def not_found(name: str) -> ApiError:
        return _dax("ParameterGroupNotFoundFault", f"Parameter group {name} not found.")

    @staticmethod
    def exists(name: str) -> ApiError:
        return _dax("ParameterGroupAlreadyExistsFault", f"Parameter group {name} already exists.")

    @staticmethod
    def in_use(name: str) -> ApiError:
        return _dax(
            "InvalidParameterGroupStateFault",
            f"Parameter group {name} is in use by at least one cluster.",
        )

    @staticmethod
    def too_many(limit: int) -> ApiError:
        return _dax(
            "ParameterGroupQuotaExceededFault", f"You can have at most {limit} parameter groups."
        )


class SubnetGroup:
    """Errors about subnet groups. Unverified texts."""

    @staticmethod
    def not_found(name: str) -> ApiError:
        return _dax("SubnetGroupNotFoundFault", f"Subnet group {name} not found.")

    @staticmethod
    def exists(name: str) -> ApiError:
        return _dax("SubnetGroupAlreadyExistsFault", f"Subnet group {name} already exists.")

    @staticmethod
    def in_use(name: str) -> ApiError:
        return _dax("SubnetGroupInUseFault", f"Subnet group {name} is in use by a cluster.")

    @staticmethod
    def too_many(limit: int) -> ApiError:
        return _dax("SubnetGroupQuotaExceededFault", f"You can have at most {limit} subnet groups.")

    @staticmethod
    def too_many_subnets(limit: int) -> ApiError:
        return _dax("SubnetQuotaExceededFault", f"A subnet group has at most {limit} subnets.")

    @staticmethod
    def invalid_subnet(subnet: str) -> ApiError:
        return _dax("InvalidSubnet", f"The subnet ID '{subnet}' does not exist.")


def reserved(name: str) -> ApiError:
    """The groups that are always there. Seen at AWS: rebuy-de/aws-nuke, pull request 313."""
    return invalid_value(f"{name} is reserved and cannot be modified.")


class Tags:
    """Errors of the tagging operations. Unverified texts."""

    @staticmethod
    def invalid_arn(arn: str) -> ApiError:
        return _dax("InvalidARNFault", f"The ARN {arn} is not valid.")

    @staticmethod
    def not_found(key: str) -> ApiError:
        return _dax("TagNotFoundFault", f"Tag {key} not found.")

    @staticmethod
    def too_many(limit: int) -> ApiError:
        return _dax("TagQuotaPerResourceExceeded", f"A resource can have at most {limit} tags.")


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, Contended):
        # SDKs try again by themselves, which is what a lost race asks for.
        return _dax("ThrottlingException", "Rate exceeded")
    if isinstance(fault, StorageClosed):
        return _dax("ServiceUnavailable", "Service is shutting down", status=503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _dax("InternalFailure", "An internal failure occurred.", status=500)
    return None
