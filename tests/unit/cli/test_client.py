"""The command's client: what it tries again, and when it gives up."""

from __future__ import annotations

from typing import Any

import click
import pytest

from jedlik import root_keys
from jedlik.cli.client import ATTEMPTS_MAX, Client, Refused

REQUESTS = [{"PutRequest": {"Item": {"pk": {"S": str(n)}}}} for n in range(4)]


class Answering(Client):
    """Gives out `answers` instead of asking a server, and keeps what was asked."""

    answers: list[Any]
    asked: list[Any]

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request["RequestItems"]["T"])
        answer: Any = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        left = {"T": answer} if answer else {}
        return {"UnprocessedItems": left}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Answering:
    monkeypatch.setattr("jedlik.cli.client.time.sleep", lambda _: None)
    client = Answering("http://127.0.0.1:9", "us-east-1", root_keys.Keys("a", "b"))
    client.asked = []
    return client


def test_unprocessed_items_are_sent_again_and_only_they(client: Answering) -> None:
    client.answers = [REQUESTS[2:], REQUESTS[3:], []]
    client.write("T", REQUESTS)
    assert client.asked == [REQUESTS, REQUESTS[2:], REQUESTS[3:]]


def test_a_throttled_batch_is_sent_again_whole(client: Answering) -> None:
    throttled = Refused("BatchWriteItem", "ProvisionedThroughputExceededException", "slow down")
    client.answers = [throttled, []]
    client.write("T", REQUESTS)
    assert client.asked == [REQUESTS, REQUESTS]


def test_a_refusal_is_not_tried_again(client: Answering) -> None:
    client.answers = [Refused("BatchWriteItem", "ValidationException", "no")]
    with pytest.raises(Refused):
        client.write("T", REQUESTS)
    assert len(client.asked) == 1


def test_items_that_are_never_taken_are_an_error(client: Answering) -> None:
    client.answers = [REQUESTS] * ATTEMPTS_MAX
    with pytest.raises(click.ClickException, match="T: the server leaves items unprocessed"):
        client.write("T", REQUESTS)
