"""PynamoDB: models, indexes, conditions, batches, transactions."""

from __future__ import annotations

from typing import Any

import pytest
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, PutError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY


@pytest.fixture
def where(endpoint: str | None, target: str) -> dict[str, Any]:
    if target == "aws":
        return {"region": REGION}
    return {
        "host": endpoint,
        "region": REGION,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
    }


@pytest.fixture
def thread(where: dict[str, Any], table_name: str) -> Any:
    """A model with a table of its own, both kinds of index included."""
    meta = {**where, "billing_mode": "PAY_PER_REQUEST"}

    class ByAuthor(GlobalSecondaryIndex):  # type: ignore[type-arg]
        class Meta:
            index_name = "by-author"
            projection = AllProjection()

        author = UnicodeAttribute(hash_key=True)
        views = NumberAttribute(range_key=True)

    class ByViews(LocalSecondaryIndex):  # type: ignore[type-arg]
        class Meta:
            index_name = "by-views"
            projection = AllProjection()

        forum = UnicodeAttribute(hash_key=True)
        views = NumberAttribute(range_key=True)

    class Thread(Model):
        Meta = type("Meta", (), {**meta, "table_name": table_name, "max_retry_attempts": 0})

        forum = UnicodeAttribute(hash_key=True)
        subject = UnicodeAttribute(range_key=True)
        author = UnicodeAttribute(null=True)
        views = NumberAttribute(default=0)
        answered = BooleanAttribute(default=False)
        tags = UnicodeSetAttribute(null=True)
        posted = UTCDateTimeAttribute(null=True)
        scores: Any = ListAttribute(default=list)
        extra: Any = MapAttribute(null=True)
        by_author = ByAuthor()
        by_views = ByViews()

    Thread.create_table(wait=True)
    assert Thread.exists()
    yield Thread
    Thread.delete_table()


def test_save_get_update_delete(thread: Any) -> None:
    made = thread("f", "s", author="ann", tags={"a", "b"}, scores=[1, "x"], extra={"k": [1]})
    made.save()
    got = thread.get("f", "s", consistent_read=True)
    assert (got.author, got.tags, got.scores) == ("ann", {"a", "b"}, [1, "x"])
    got.update(
        actions=[thread.views.add(2), thread.tags.delete({"a"}), thread.extra["k"].set([2, 3])],
        condition=thread.views == 0,
    )
    assert (got.views, got.tags, got.extra["k"]) == (2, {"b"}, [2, 3])
    with pytest.raises(UpdateError) as refused:
        got.update(actions=[thread.views.set(9)], condition=thread.views > 5)
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    with pytest.raises(PutError):
        thread("f", "s").save(condition=thread.forum.does_not_exist())
    got.delete()
    with pytest.raises(DoesNotExist):
        thread.get("f", "s")


def test_batches_queries_indexes_pages(thread: Any) -> None:
    with thread.batch_write() as batch:
        for n in range(40):
            batch.save(thread("f", f"s{n:02}", author="ann" if n % 2 else "bob", views=n))
    assert len(list(thread.batch_get([("f", f"s{n:02}") for n in range(30)]))) == 30
    found = thread.query("f", thread.subject.between("s05", "s30"), thread.views > 10, page_size=5)
    assert [each.views for each in found] == list(range(11, 31))
    first = thread.query("f", limit=10)
    assert len(list(first)) == 10
    rest = thread.query("f", last_evaluated_key=first.last_evaluated_key)
    assert len(list(rest)) == 30
    by_author = thread.by_author.query(
        "ann", type(thread.by_author).views >= 35, scan_index_forward=False
    )
    assert [each.views for each in by_author] == [39, 37, 35]
    by_views = thread.by_views.query("f", type(thread.by_views).views < 3)
    assert [each.subject for each in by_views] == ["s00", "s01", "s02"]
    assert thread.count("f") == 40
    assert len(list(thread.scan(thread.author.contains("bo"), segment=0, total_segments=1))) == 20


def test_transactions(thread: Any, where: dict[str, Any]) -> None:
    place = {key: value for key, value in where.items() if not key.startswith("aws_")}
    connection = Connection(**place)
    connection.session.set_credentials(ACCESS_KEY, SECRET_KEY)
    with TransactWrite(connection=connection) as write:
        write.save(thread("t", "a", views=1))
        write.save(thread("t", "b", views=1))
    with pytest.raises(TransactWriteError) as refused, TransactWrite(connection=connection) as w:
        w.update(thread("t", "a"), actions=[thread.views.add(1)])
        w.condition_check(thread, "t", "b", condition=thread.views > 5)
    assert [reason and reason.code for reason in refused.value.cancellation_reasons] == [
        "ConditionalCheckFailed",  # PynamoDB sends the checks first
        None,
    ]
    with TransactGet(connection=connection) as read:
        a = read.get(thread, "t", "a")
    assert a.get().views == 1
