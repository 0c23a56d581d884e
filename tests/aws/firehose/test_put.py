"""PutRecord and PutRecordBatch: answers and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.aws.firehose.conftest import delivered, put
from tests.aws.firehose.test_streams import refusal

RECORD_BYTES_MAX = 1_024_000


def test_answers(firehose: Any, bucket: str, make_stream: Callable[..., str]) -> None:
    name = make_stream(bucket)
    one = firehose.put_record(DeliveryStreamName=name, Record={"Data": b""})
    assert one["Encrypted"] is False
    many = firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": b"a"}, {"Data": b"b"}]
    )
    assert (many["FailedPutCount"], many["Encrypted"]) == (0, False)
    ids = [one["RecordId"], *(each["RecordId"] for each in many["RequestResponses"])]
    assert len(set(ids)) == 3


def test_the_largest_record_and_the_largest_batch(
    firehose: Any, s3: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    name = make_stream(bucket)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x" * RECORD_BYTES_MAX})
    delivered(s3, bucket, RECORD_BYTES_MAX)
    other = make_stream(bucket, Prefix="batch/")
    sizes = [RECORD_BYTES_MAX] * 4 + [(4 << 20) - 4 * RECORD_BYTES_MAX]
    put(firehose, other, *(b"y" * size for size in sizes))
    delivered(s3, bucket, 4 << 20, "batch/")
    assert refusal(
        firehose.put_record_batch,
        DeliveryStreamName=other,
        Records=[{"Data": b"z" * size} for size in [*sizes, 1]],
    ) == ("InvalidArgumentException", "Records size exceeds 4 MB limit")


def test_what_is_too_large_is_refused(
    firehose: Any, bucket: str, make_stream: Callable[..., str]
) -> None:
    name = make_stream(bucket)
    code, message = refusal(
        firehose.put_record,
        DeliveryStreamName=name,
        Record={"Data": b"x" * (RECORD_BYTES_MAX + 1)},
    )
    assert code == "ValidationException"
    assert "record.data" in message
    assert message.endswith("Member must have length less than or equal to 1024000")
    code, message = refusal(
        firehose.put_record_batch, DeliveryStreamName=name, Records=[{"Data": b""}] * 501
    )
    assert code == "ValidationException"
    assert message.endswith("Member must have length less than or equal to 500")


def test_nobody_is_found(firehose: Any) -> None:
    gone = ("ResourceNotFoundException", "Firehose nobody not found under account 000000000000.")
    one = {"DeliveryStreamName": "nobody", "Record": {"Data": b"x"}}
    assert refusal(firehose.put_record, **one) == gone
    many = {"DeliveryStreamName": "nobody", "Records": [{"Data": b"x"}]}
    assert refusal(firehose.put_record_batch, **many) == gone
