"""Clients that write until the server dies, and remember what it acknowledged.

Each has partition keys of its own, so that it alone knows what they must hold: `acknowledged` is
the state after its last answered request, `unanswered` what the last one would have made of it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.raw import Raw

TABLE = "crash"
PLAIN = "plain"
"""Without indexes, stream or anything: its puts and updates take the short way of one step."""
SORT_KEYS = 20
COUNTER = {"pk": {"S": "counter"}, "sk": {"N": "0"}}
"""An item that all clients add to."""
Item = dict[str, Any]


@dataclass
class Unanswered:
    """What a request without an answer may have done; `together`: all of it or nothing."""

    changes: dict[int, Item | None]
    together: bool


@dataclass
class Client:
    number: int
    random: Random
    table: str = TABLE
    acknowledged: dict[int, Item] = field(default_factory=dict)  # sort key -> item
    unanswered: Unanswered | None = None
    answered: int = 0
    added: int = 0
    adding: int = 0
    """To the counter: acknowledged, and perhaps."""
    failure: str = ""

    @property
    def partition(self) -> str:
        return f"client-{self.number}"

    def run(self, endpoint: str, stop: threading.Event) -> None:
        """Write until the connection breaks."""
        raw = Raw(endpoint, timeout_s=10)
        while not stop.is_set():
            if self.random.random() < 0.2:
                if not self._add(raw):
                    return
                continue
            operation, body, changes = self._next()
            self.unanswered = Unanswered(changes, together=operation != "BatchWriteItem")
            try:
                # Not Raw.call, which tries again: what a repeated request did is not known here.
                answer = raw.once(operation, body)
            except OSError:
                return
            if answer.status != 200:
                self.failure = f"{operation} {body}: {answer.status} {answer.body!r}"
                return
            self._apply(changes)
            self.unanswered = None
            self.answered += 1

    def _add(self, raw: Raw) -> bool:
        """Add one to the counter; whether there was an answer."""
        body = {
            "TableName": self.table,
            "Key": COUNTER,
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        self.adding = 1
        try:
            answer = raw.once("UpdateItem", body)
        except OSError:
            return False
        if answer.status != 200:
            self.failure = f"ADD: {answer.status} {answer.body!r}"
            return False
        self.added, self.adding = self.added + 1, 0
        self.answered += 1
        return True

    def _apply(self, changes: dict[int, Item | None]) -> None:
        for sort, item in changes.items():
            if item is None:
                self.acknowledged.pop(sort, None)
            else:
                self.acknowledged[sort] = item

    def judge(self, found: dict[int, Item]) -> list[str]:
        """What is wrong with the items found after the crash; takes them over as the new state."""
        changes = self.unanswered.changes if self.unanswered else {}
        wrong = [
            f"{self.partition}/{sort}: acknowledged {self.acknowledged.get(sort)}, "
            f"found {found.get(sort)}"
            for sort in range(SORT_KEYS)
            if sort not in changes and found.get(sort) != self.acknowledged.get(sort)
        ]
        done = [found.get(sort) == item for sort, item in changes.items()]
        undone = [found.get(sort) == self.acknowledged.get(sort) for sort in changes]
        if not all(a or b for a, b in zip(done, undone, strict=True)):
            wrong.append(f"{self.partition}: {changes} left {found}")
        elif self.unanswered and self.unanswered.together and not (all(done) or all(undone)):
            wrong.append(f"{self.partition}: half of {changes} was done: {found}")
        self.acknowledged = dict(found)
        self.unanswered = None
        return wrong

    def _next(self) -> tuple[str, dict[str, Any], dict[int, Item | None]]:
        """An operation, its body, and what it makes of which items."""
        pick = self.random.random()
        if pick < 0.4:
            item = self._item()
            return "PutItem", {"TableName": self.table, "Item": item}, {_sort(item): item}
        if pick < 0.6:
            return self._update()
        if pick < 0.75 or self.table == PLAIN:
            sort = self.random.randrange(SORT_KEYS)
            return "DeleteItem", {"TableName": self.table, "Key": self._key(sort)}, {sort: None}
        if pick < 0.9:
            return self._transaction()
        items = {_sort(item): item for item in (self._item() for _ in range(5))}
        puts = [{"PutRequest": {"Item": item}} for item in items.values()]
        return "BatchWriteItem", {"RequestItems": {TABLE: puts}}, dict(items)

    def _update(self) -> tuple[str, dict[str, Any], dict[int, Item | None]]:
        """Move an item in an index, or take it out of one."""
        sort = self.random.randrange(SORT_KEYS)
        new = dict(self.acknowledged.get(sort) or self._key(sort))
        body = {"TableName": self.table, "Key": self._key(sort)}
        if self.random.random() < 0.5:
            new.pop("g", None)
            return "UpdateItem", {**body, "UpdateExpression": "REMOVE g"}, {sort: new}
        new["g"] = {"S": self.random.choice("xyz")}
        new["h"] = {"N": str(self.random.randrange(100))}
        body["UpdateExpression"] = "SET g = :g, h = :h"
        body["ExpressionAttributeValues"] = {":g": new["g"], ":h": new["h"]}
        return "UpdateItem", body, {sort: new}

    def _transaction(self) -> tuple[str, dict[str, Any], dict[int, Item | None]]:
        changes: dict[int, Item | None] = {}
        for sort in self.random.sample(range(SORT_KEYS), 3):
            changes[sort] = None if self.random.random() < 0.3 else self._item(sort)
        actions = [
            {"Delete": {"TableName": TABLE, "Key": self._key(sort)}}
            if item is None
            else {"Put": {"TableName": TABLE, "Item": item}}
            for sort, item in changes.items()
        ]
        return "TransactWriteItems", {"TransactItems": actions}, changes

    def _item(self, sort: int | None = None) -> Item:
        r = self.random
        made = self._key(r.randrange(SORT_KEYS) if sort is None else sort)
        made["v"] = {"S": f"{r.getrandbits(64):x}" * r.choice([1, 10, 60])}
        if r.random() < 0.7:
            made |= {"g": {"S": r.choice("xyz")}, "h": {"N": str(r.randrange(100))}}
        if r.random() < 0.7:
            made["l"] = {"S": r.choice("abc")}
        return made

    def _key(self, sort: int) -> Item:
        return {"pk": {"S": self.partition}, "sk": {"N": str(sort)}}


def _sort(item: Item) -> int:
    return int(item["sk"]["N"])


def judge_counter(clients: list[Client], found: Item | None) -> str:
    """What is wrong with the counter after a crash, "" if nothing; its value is the new state."""
    value = int(found["n"]["N"]) if found else 0
    low = sum(client.added for client in clients)
    high = low + sum(client.adding for client in clients)
    for client in clients:
        client.added = client.adding = 0
    clients[0].added = value
    return "" if low <= value <= high else f"counter {value}, not {low} to {high}"
