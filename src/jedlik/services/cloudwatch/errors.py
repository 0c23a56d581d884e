"""CloudWatch's errors: every code and text once; what the layers below raise, translated.

Codes are the names of the service model's shapes; the protocols print what the model calls them
("InvalidParameterValueException" is InvalidParameterValue to a query client).
"""

from __future__ import annotations

import logging

from jedlik.api.errors import ApiError
from jedlik.storage.waist import StorageClosed, StorageError
from jedlik.tables.errors import Contended
from jedlik.tables.measurements import TooManySeries

NAMESPACE = "com.amazonaws.cloudwatch.v2010_08_01"

_log = logging.getLogger("jedlik.cloudwatch")


def _cloudwatch(code: str, message: str, status: int = 400) -> ApiError:
    return ApiError(code, message, status=status, namespace=NAMESPACE)


def validation(message: str) -> ApiError:
    return _cloudwatch("ValidationException", message)


def invalid_value(message: str) -> ApiError:
    return _cloudwatch("InvalidParameterValueException", message)


def invalid_combination(message: str) -> ApiError:
    return _cloudwatch("InvalidParameterCombinationException", message)


def access_denied(message: str) -> ApiError:
    """Unverified: that the status is the query protocol's on the others, too."""
    return _cloudwatch("AccessDeniedException", message, 403)


def missing(*parameters: str) -> ApiError:
    """As AWS answers it: "The parameter MetricData is required."."""
    told = "\n".join(f"The parameter {parameter} is required." for parameter in parameters)
    return _cloudwatch("MissingRequiredParameterException", told)


def invalid_token() -> ApiError:
    return _cloudwatch("InvalidNextToken", "Invalid NextToken.")  # unverified


class Alarm:
    """Errors about alarms."""

    @staticmethod
    def not_found() -> ApiError:
        """As SetAlarmState is seen to answer (boto/boto3 issues)."""
        return _cloudwatch("ResourceNotFound", "Alarm does not exist", 404)

    @staticmethod
    def too_many(limit: int) -> ApiError:
        return _cloudwatch(
            "LimitExceededFault", f"You can have at most {limit} alarms."
        )  # unverified

    @staticmethod
    def invalid_state_data() -> ApiError:
        return _cloudwatch("InvalidFormatFault", "TemplateReasonData must be valid JSON")


class Dashboard:
    """Errors about dashboards."""

    @staticmethod
    def not_found(name: str) -> ApiError:
        return _cloudwatch("DashboardNotFoundError", f"Dashboard {name} does not exist", 404)

    @staticmethod
    def invalid(messages: list[dict[str, str]]) -> ApiError:
        told = "; ".join(f"{each['DataPath']}: {each['Message']}" for each in messages)
        return ApiError(
            "DashboardInvalidInputError",
            f"The field DashboardBody must be a valid JSON object: {told}",  # unverified
            namespace=NAMESPACE,
            fields={"dashboardValidationMessages": messages},
        )


class InsightRule:
    """Errors about insight rules. Unverified: the texts."""

    @staticmethod
    def not_found(name: str) -> ApiError:
        return ApiError(
            "ResourceNotFoundException",
            f"Insight rule {name} does not exist",
            status=404,
            namespace=NAMESPACE,
            fields={"ResourceType": "insight-rule", "ResourceId": name},
        )

    @staticmethod
    def managed(name: str) -> ApiError:
        return invalid_value(f"The rule {name} is managed by DynamoDB and cannot be changed.")

    @staticmethod
    def too_many(limit: int) -> ApiError:
        return _cloudwatch("LimitExceededException", f"You can have at most {limit} insight rules.")


def tagged_not_found(kind: str, name: str) -> ApiError:
    return ApiError(
        "ResourceNotFoundException",
        f"{kind} {name} does not exist",  # unverified
        status=404,
        namespace=NAMESPACE,
        fields={"ResourceType": kind, "ResourceId": name},
    )


def too_many_tags(limit: int) -> ApiError:
    return invalid_value(f"A resource can have at most {limit} tags.")  # unverified


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, TooManySeries):
        return _cloudwatch("LimitExceededFault", "Too many different metrics are stored.")
    if isinstance(fault, Contended):
        # SDKs try again by themselves, which is what a lost race asks for.
        return _cloudwatch("ThrottlingException", "Rate exceeded")
    if isinstance(fault, StorageClosed):
        return _cloudwatch("ServiceUnavailable", "Service is shutting down", 503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _cloudwatch("InternalServiceFault", "An internal failure occurred.", 500)
    return None
