"""Athena's errors: every code and text once. Texts whose origin is not marked were seen in reports
of AWS's answers; "unverified" are those that were not."""

from __future__ import annotations

import logging
import uuid

from jedlik.api.errors import ApiError
from jedlik.services.glue import AlreadyThere, NotThere
from jedlik.storage.waist import StorageClosed, StorageError
from jedlik.tables.errors import Contended

_log = logging.getLogger("jedlik.athena")


def _athena(code: str, message: str, status: int = 400, **fields: str) -> ApiError:
    return ApiError(
        code, message, status=status, namespace="", message_key="Message", fields=fields
    )


def invalid(message: str, code: str = "INVALID_INPUT") -> ApiError:
    return _athena("InvalidRequestException", message, AthenaErrorCode=code)


def malformed(message: str) -> ApiError:
    return invalid(message, "MALFORMED_QUERY")


def no_query(query_id: str) -> ApiError:
    return invalid(f"QueryExecution {query_id} was not found")


def unfinished(state: str) -> ApiError:
    return invalid(f"Query has not yet finished. Current state: {state}")


def unsuccessful(state: str) -> ApiError:
    return invalid(f"Query did not finish successfully. Final query state: {state}")


def no_results() -> ApiError:
    return invalid("Could not find results")


def no_location() -> ApiError:
    return invalid(
        "No output location provided. An output location is required either through the Workgroup "
        "result configuration setting or as an API input."
    )


def bad_location() -> ApiError:
    return invalid(
        "The S3 location provided to save your query results is invalid. Please check your S3 "
        "location is correct and is in the same region and try again. If you continue to see the "
        "issue, contact customer support for further assistance."
    )


def no_bucket(bucket: str) -> ApiError:
    return invalid(f"Unable to verify/create output bucket {bucket}")


def token_used() -> ApiError:
    """Unverified."""
    return invalid("Idempotent parameters do not match")


def no_work_group(name: str) -> ApiError:
    return invalid(f"WorkGroup {name} is not found.")


def work_group_disabled(name: str) -> ApiError:
    return invalid(f"WorkGroup {name} is disabled.")


def work_group_exists() -> ApiError:
    return invalid("WorkGroup is already created")


def work_group_in_use(name: str) -> ApiError:
    return invalid(f"WorkGroup {name} is not empty")


def too_many_work_groups() -> ApiError:
    """Unverified."""
    return invalid("You have reached the maximum number of WorkGroups allowed for this account.")


def primary_stays() -> ApiError:
    """Unverified."""
    return invalid("The primary WorkGroup cannot be deleted")


def no_named_query(query_id: str) -> ApiError:
    return invalid(f"NamedQuery {query_id} was not found")


def no_prepared_statement(name: str, work_group: str) -> ApiError:
    return _athena(
        "ResourceNotFoundException",
        f"PreparedStatement {name} was not found in workGroup {work_group}",
    )


def prepared_statement_exists(name: str) -> ApiError:
    return invalid(f"PreparedStatement {name} already exists")


def no_resource(arn: str) -> ApiError:
    """Unverified."""
    return _athena("ResourceNotFoundException", f"Resource {arn} was not found", ResourceName=arn)


def no_data_catalog(name: str) -> ApiError:
    return invalid(f"DataCatalog {name} was not found")


def metadata(fault: NotThere) -> ApiError:
    """What GetDatabase, GetTableMetadata and the like answer. Clients (PyAthena) find Glue's code
    in the text by the form that it has to its end."""
    if fault.kind == "Database":
        text = f"Database {fault.name} not found."
    else:
        text = "Entity Not Found"
    return _athena(
        "MetadataException",
        f"{text} (Service: AmazonDataCatalog; Status Code: 400; "
        f"Error Code: EntityNotFoundException; Request ID: {uuid.uuid4()}; Proxy: null)",
    )


def too_many_queries() -> ApiError:
    return _athena(
        "TooManyRequestsException",
        "You have exceeded the limit for the number of queries you can run concurrently. Please "
        "reduce the number of concurrent queries submitted by this account. Contact customer "
        "support to request a concurrent query limit increase.",
        Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED",
    )


def extra_missing(module: str) -> ApiError:
    """Ours: this server was installed without what queries need."""
    return invalid(
        f"Queries need {module}, which is not installed beside this server: "
        "pip install 'jedlik[athena]'"
    )


def access_denied(message: str) -> ApiError:
    return _athena("AccessDeniedException", message)


def translate(fault: BaseException) -> ApiError | None:
    """What a client is told of what a lower layer raised; None for what nobody expected."""
    if isinstance(fault, NotThere):
        return metadata(fault)
    if isinstance(fault, (AlreadyThere, Contended)):
        return _athena("TooManyRequestsException", "Rate exceeded")
    if isinstance(fault, StorageClosed):
        return _athena("InternalServerException", "Service is shutting down", 503)
    if isinstance(fault, StorageError):
        _log.error("storage failed: %s: %s", type(fault).__name__, fault)
        return _athena("InternalServerException", "Internal Server Error", 500)
    return None
