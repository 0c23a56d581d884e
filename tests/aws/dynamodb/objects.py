"""What the tests of exports and imports share: a bucket, and the wait for the end."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable
from typing import Any

from tests.aws.dynamodb.restores import wait_until

Ask = Callable[..., dict[str, Any]]


def new_bucket(s3: Any) -> str:
    name = f"transfers-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


def exported(ask: Ask, arn: str) -> dict[str, Any]:
    """The description of an export that has ended."""

    def ended() -> dict[str, Any] | None:
        shown = ask("DescribeExport", ExportArn=arn)["ExportDescription"]
        return shown if shown["ExportStatus"] != "IN_PROGRESS" else None

    return wait_until(ended)


def imported(ask: Ask, arn: str) -> dict[str, Any]:
    """The description of an import that has ended."""

    def ended() -> dict[str, Any] | None:
        shown = ask("DescribeImport", ImportArn=arn)["ImportTableDescription"]
        return shown if shown["ImportStatus"] != "IN_PROGRESS" else None

    return wait_until(ended)


def read(s3: Any, bucket: str, key: str) -> bytes:
    data: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return data


def data_lines(s3: Any, shown: dict[str, Any]) -> list[str]:
    """The lines of all data files, found as a reader finds them: by the manifests."""
    bucket = shown["S3Bucket"]
    summary = json.loads(read(s3, bucket, shown["ExportManifest"]))
    lines: list[str] = []
    for entry in read(s3, bucket, summary["manifestFilesS3Key"]).splitlines():
        data = read(s3, bucket, json.loads(entry)["dataFileS3Key"])
        lines += gzip.decompress(data).decode().splitlines()
    return lines


def on(ask: Ask, table: str) -> str:
    """Switch point-in-time recovery on; the table's ARN."""
    ask(
        "UpdateContinuousBackups",
        TableName=table,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    arn: str = ask("DescribeTable", TableName=table)["Table"]["TableArn"]
    return arn
