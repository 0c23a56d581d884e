"""The refusals of S3, in its words; each text once.

Source: Amazon S3 API reference, "Error responses", and the error bodies shown in AWS's own
documentation and SDK issues. Where only the code is documented the text is marked Unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.api.errors import ApiError
from jedlik.storage.blobs import BlobsMissing, BlobsUnreachable
from jedlik.storage.waist import StorageFull
from jedlik.tables.errors import Contended


class S3Error(ApiError):
    """A refusal that rest-xml prints. headers: those that go with it; fields: further elements."""

    __slots__ = ("headers",)

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        *,
        headers: Mapping[str, str] | None = None,
        **fields: str,
    ) -> None:
        super().__init__(code, message, status=status, fields=fields)
        self.headers = headers or {}


def translate(error: BaseException) -> ApiError | None:
    if isinstance(error, Contended):
        return S3Error(
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. "
            "Please try again.",
            409,
        )
    if isinstance(error, StorageFull) or (isinstance(error, OSError) and error.errno == 28):
        return S3Error("InternalError", "There is no space left to store the object.", 500)
    if isinstance(error, BlobsMissing | BlobsUnreachable):
        return S3Error("ServiceUnavailable", str(error), 503)
    return None


def no_such_bucket(name: str) -> S3Error:
    return S3Error("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)


def bucket_owned_by_you(name: str) -> S3Error:
    return S3Error(
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        409,
        BucketName=name,
    )


def bucket_exists(name: str) -> S3Error:
    return S3Error(
        "BucketAlreadyExists",
        "The requested bucket name is not available. The bucket namespace is shared by all users "
        "of the system. Please select a different name and try again.",
        409,
        BucketName=name,
    )


def bucket_not_empty(name: str, *, versions: bool = False) -> S3Error:
    more = ". You must delete all versions in the bucket." if versions else ""
    return S3Error(
        "BucketNotEmpty",
        f"The bucket you tried to delete is not empty{more}",
        409,
        BucketName=name,
    )


def invalid_bucket_name(name: str) -> S3Error:
    return S3Error("InvalidBucketName", "The specified bucket is not valid.", BucketName=name)


def invalid_owner() -> S3Error:
    return S3Error(
        "InvalidBucketOwnerAWSAccountID",
        "The value of the expected bucket owner parameter must be an AWS account ID",
    )


def invalid_location(name: str) -> S3Error:
    return S3Error(
        "InvalidLocationConstraint",
        "The specified location-constraint is not valid",
        LocationConstraint=name,
    )


def illegal_location(name: str) -> S3Error:
    return S3Error(
        "IllegalLocationConstraintException",
        f"The {name} location constraint is incompatible for the region specific endpoint this "
        "request was sent to.",
    )


def no_such_key(key: str) -> S3Error:
    return S3Error("NoSuchKey", "The specified key does not exist.", 404, Key=key)


def marker_found(key: str, version: str) -> S3Error:
    return S3Error(
        "NoSuchKey",
        "The specified key does not exist.",
        404,
        headers={"x-amz-delete-marker": "true", "x-amz-version-id": version},
        Key=key,
    )


def marker_asked_for(method: str, version: str, modified: str) -> S3Error:
    return S3Error(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
        headers={
            "x-amz-delete-marker": "true",
            "x-amz-version-id": version,
            "Last-Modified": modified,
            "Allow": "DELETE",
        },
        Method=method,
        ResourceType="DeleteMarker",
    )


def no_such_version(key: str, version: str) -> S3Error:
    return S3Error(
        "NoSuchVersion", "The specified version does not exist.", 404, Key=key, VersionId=version
    )


def invalid_version_id(version: str) -> S3Error:
    if not version:
        return invalid_argument("Version id cannot be the empty string", "versionId", version)
    return invalid_argument("Invalid version id specified", "versionId", version)


def no_such_upload(upload_id: str) -> S3Error:
    return S3Error(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may "
        "have been aborted or completed.",
        404,
        UploadId=upload_id,
    )


def invalid_part(upload_id: str, number: int, etag: str) -> S3Error:
    return S3Error(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag.",
        UploadId=upload_id,
        PartNumber=str(number),
        ETag=etag,
    )


def invalid_part_order(upload_id: str) -> S3Error:
    return S3Error(
        "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
        UploadId=upload_id,
    )


def part_too_small(size: int, minimum: int, number: int, etag: str) -> S3Error:
    return S3Error(
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        ProposedSize=str(size),
        MinSizeAllowed=str(minimum),
        PartNumber=str(number),
        ETag=etag,
    )


def entity_too_small(size: int, minimum: int) -> S3Error:
    return S3Error(
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        ProposedSize=str(size),
        MinSizeAllowed=str(minimum),
    )


def entity_too_large(size: int, maximum: int) -> S3Error:
    return S3Error(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        ProposedSize=str(size),
        MaxSizeAllowed=str(maximum),
    )


def invalid_part_number(number: int, count: int) -> S3Error:
    return S3Error(
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        416,
        PartNumberRequested=str(number),
        ActualPartCount=str(count),
    )


def part_number_out_of_range(number: int, maximum: int) -> S3Error:
    return invalid_argument(
        f"Part number must be an integer between 1 and {maximum}, inclusive",
        "partNumber",
        str(number),
    )


def invalid_range(requested: str, size: int) -> S3Error:
    return S3Error(
        "InvalidRange",
        "The requested range is not satisfiable",
        416,
        headers={"Content-Range": f"bytes */{size}"},
        RangeRequested=requested,
        ActualObjectSize=str(size),
    )


def precondition_failed(condition: str) -> S3Error:
    return S3Error(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
        Condition=condition,
    )


def bad_digest(sent: str, calculated: str) -> S3Error:
    return S3Error(
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        ExpectedDigest=sent,
        CalculatedDigest=calculated,
    )


def bad_checksum(algorithm: str) -> S3Error:
    return S3Error(
        "BadDigest",
        f"The {algorithm} you specified did not match the calculated checksum.",
    )


def invalid_checksum(header: str) -> S3Error:
    return invalid_request(f"Value for {header} header is invalid.")


def invalid_digest(sent: str) -> S3Error:
    fields: dict[str, Any] = {"Content-MD5": sent}
    return S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.", **fields)


def missing_digest() -> S3Error:
    return invalid_request(
        "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
    )


def permanent_redirect(bucket: str, region: str, endpoint: str) -> S3Error:
    return S3Error(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.",
        301,
        headers={"x-amz-bucket-region": region},
        Endpoint=endpoint,
        Bucket=bucket,
    )


def wrong_region(signed: str, expected: str, *, presigned: bool) -> S3Error:
    what = f"the region '{signed}' is wrong; expecting '{expected}'"
    if presigned:
        code, text = (
            "AuthorizationQueryParametersError",
            "Error parsing the X-Amz-Credential parameter",
        )
    else:
        code, text = "AuthorizationHeaderMalformed", "The authorization header is malformed"
    return S3Error(
        code, f"{text}; {what}", headers={"x-amz-bucket-region": expected}, Region=expected
    )


def key_too_long(size: int, maximum: int) -> S3Error:
    return S3Error(
        "KeyTooLongError",
        "Your key is too long",
        Size=str(size),
        MaxSizeAllowed=str(maximum),
    )


def metadata_too_large(size: int, maximum: int) -> S3Error:
    return S3Error(
        "MetadataTooLarge",
        "Your metadata headers exceed the maximum allowed metadata size",
        Size=str(size),
        MaxSizeAllowed=str(maximum),
    )


def invalid_tag(message: str, key: str, value: str | None = None) -> S3Error:
    fields: dict[str, Any] = {"TagKey": key} | ({} if value is None else {"TagValue": value})
    return S3Error("InvalidTag", message, **fields)


def too_many_tags(maximum: int, *, of_object: bool) -> S3Error:
    if of_object:
        return S3Error("BadRequest", f"Object tags cannot be greater than {maximum}")
    # Unverified.
    return S3Error("BadRequest", f"Bucket tag count cannot be greater than {maximum}")


def invalid_storage_class(name: str) -> S3Error:
    return S3Error(
        "InvalidStorageClass",
        "The storage class you specified is not valid",
        StorageClassRequested=name,
    )


def invalid_argument(message: str, name: str, value: str) -> S3Error:
    return S3Error("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


def invalid_request(message: str, status: int = 400) -> S3Error:
    return S3Error("InvalidRequest", message, status)


def malformed_xml() -> S3Error:
    return S3Error(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def malformed_policy(message: str) -> S3Error:
    return S3Error("MalformedPolicy", message)


def access_denied(message: str = "Access Denied") -> S3Error:
    return S3Error("AccessDenied", message, 403)


def customer_keys_blocked(principal: Any, arn: str) -> S3Error:
    who = getattr(principal, "arn", None) or "anonymous"
    return access_denied(
        f'User: {who} is not authorized to perform: s3:PutObject on resource: "{arn}" because '
        "this bucket has blocked upload requests that specify Server Side Encryption with Customer "
        "provided keys (SSE-C). Please specify a different server-side encryption type"
    )


def acl_not_supported() -> S3Error:
    return S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs")


def bucket_without_acls() -> S3Error:
    return S3Error(
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )


def not_implemented(header: str = "") -> S3Error:
    fields: dict[str, Any] = {"Header": header} if header else {}
    return S3Error(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        501,
        **fields,
    )


def no_configuration(code: str, message: str, bucket: str, status: int = 404) -> S3Error:
    return S3Error(code, message, status, BucketName=bucket)


def invalid_bucket_state(message: str) -> S3Error:
    return S3Error("InvalidBucketState", message, 409)


def copy_to_itself() -> S3Error:
    return invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the object's metadata, storage class, website redirect location or encryption "
        "attributes."
    )


def copy_source_too_large(maximum: int) -> S3Error:
    return invalid_request(
        f"The specified copy source is larger than the maximum allowable size for a copy source: "
        f"{maximum}"
    )
