"""Objects of the classes from which they have to be restored before they can be read.

Here a restore is done as soon as it is asked for; AWS takes minutes to days. Source: S3 user guide,
"Restoring an archived object"; API reference, RestoreObject.
"""

from __future__ import annotations

from email.utils import formatdate

from jedlik.services.s3.errors import S3Error
from jedlik.services.s3.records import Version

CLASSES = ("GLACIER", "DEEP_ARCHIVE")


def is_away(version: Version, now_ms: int) -> bool:
    return version.storage_class in CLASSES and version.restored_until_ms <= now_ms


def check_readable(version: Version, now_ms: int) -> None:
    if is_away(version, now_ms):
        raise invalid_state("The operation is not valid for the object's storage class", version)


def check_copyable(version: Version, now_ms: int) -> None:
    if is_away(version, now_ms):
        raise S3Error(
            "ObjectNotInActiveTierError",
            "The source object of the COPY operation is not in the active tier and is only stored "
            "in Amazon Glacier.",
            403,
        )


def restore_member(version: Version, now_ms: int) -> dict[str, str]:
    if version.storage_class not in CLASSES or version.restored_until_ms <= now_ms:
        return {}
    date = formatdate(version.restored_until_ms // 1000, usegmt=True)
    return {"Restore": f'ongoing-request="false", expiry-date="{date}"'}


def restore_status(version: Version, now_ms: int) -> dict[str, object]:
    """The same as listings tell it, where they are asked to."""
    if version.storage_class not in CLASSES or version.restored_until_ms <= now_ms:
        return {}
    until_s = version.restored_until_ms // 1000
    return {"RestoreStatus": {"IsRestoreInProgress": False, "RestoreExpiryDate": until_s}}


def invalid_state(message: str, version: Version) -> S3Error:
    return S3Error("InvalidObjectState", message, 403, StorageClass=version.storage_class)
