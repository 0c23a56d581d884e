"""Clients that write items: what they ask for, and whether the answer was the right one."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from jedlik.storage.waist import SpaceDropped, StorageError, Unknown
from jedlik.tables.client_tokens import ClientToken
from jedlik.tables.database import Database
from jedlik.tables.errors import (
    CollectionTooLarge,
    ConditionFailed,
    Contended,
    IdempotencyMismatch,
    Invalid,
    TableNotFound,
    TransactionCancelled,
)
from jedlik.tables.item_writes import CheckWrite, DeleteWrite, ItemWrite, PutWrite, UpdateWrite
from jedlik.tables.model import Table
from jedlik.tables.write import write_all, write_batch, write_one
from jedlik.values import item_size
from tests.sim.checks import ACCOUNT, REGION
from tests.sim.model import (
    MISMATCH,
    REPEATED,
    TOO_LARGE,
    Asks,
    Done,
    Intent,
    Item,
    Model,
    Place,
    Refused,
    key_attributes,
)
from tests.sim.watched_engine import Submission

PARTITIONS = ("p", "q", "ø")
SORTS = {"S": ("1", "2", "\x00"), "N": ("-5", "2", "10")}
CODES = {
    "None": "ok",
    "ConditionalCheckFailed": "condition",
    "ValidationError": "invalid",
    "ItemCollectionSizeLimitExceeded": "too large",
    "TransactionConflict": "contended",
}
CONTENDED = Refused(("contended",))
GONE = Refused(("gone",))
FAILED = Refused(("failed",))
UNKNOWN = Refused(("unknown",))


@dataclass(frozen=True)
class Edit:
    """An update: set or remove an attribute, add to n, or ask for what cannot be done."""

    kind: str
    name: str = ""
    value: Any = None

    def apply(self, item: Item) -> Item:
        if self.kind == "set":
            return {**item, self.name: self.value}
        if self.kind == "remove":
            return {name: value for name, value in item.items() if name != self.name}
        if self.kind == "add":
            return {**item, "n": {"N": str(int(item.get("n", {"N": "0"})["N"]) + self.value)}}
        raise Invalid("An operand in the update expression has an incorrect data type")


@dataclass(frozen=True)
class Wish:
    """One write before its table is looked up."""

    table: str
    kind: str
    place: Place
    change: Any = None
    condition: Asks | None = None

    def on(self, table: Table) -> tuple[Intent, ItemWrite]:
        place = (self.place[0], self.place[1] if table.keys.sort else None)
        if place[1] is not None:
            place = (place[0], SORTS[table.keys.sort[0].type][int(place[1])])
        attributes = key_attributes(table, place)
        key, condition = table.key_of(attributes), self.condition
        change = {**attributes, **self.change} if self.kind == "put" else self.change
        write: ItemWrite
        if self.kind == "put":
            write = PutWrite(table, key, change, item_size(change), condition)
        elif self.kind == "update":
            write = UpdateWrite(table, key, attributes, change, condition)
        elif self.kind == "delete":
            write = DeleteWrite(table, key, condition)
        else:
            write = CheckWrite(table, key, condition)
        return Intent(self.kind, table.space, place, change, condition), write


@dataclass
class Write:
    """One request: `how` is one, batch or together (a transaction, perhaps with a token)."""

    how: str
    wishes: list[Wish]
    token: str | None = None
    lenient: bool = False
    """Where the store is far, a refusal by a mere barrier may be older than the model's state."""
    may_conflict: bool = True
    intents: list[Intent] = field(default_factory=list)
    expected: Done | Refused | None = None
    stored: int = 0

    def committed(self, model: Model, submission: Submission) -> None:
        token = None if self.token is None else (self.token, self.fingerprint)
        together = self.how == "together"
        stores = submission.stores
        if self.lenient and not stores and not submission.batch.writes:
            self.expected = None
            return
        outcome = model.write(self.intents, together=together, token=token, now_ms=submission.at_ms)
        self.expected = outcome
        if isinstance(outcome, Refused):
            assert not stores, f"stored what had to be refused: {outcome}"
        else:
            assert stores or not outcome.changes, "only guarded what had to be stored"
            self.stored += stores
            assert self.stored <= 1, "did its work twice"

    @property
    def fingerprint(self) -> bytes:
        return repr(self.wishes).encode()

    async def run(self, db: Database) -> Any:
        """Ask, and compare the answer with the model's; the answer."""
        answer = await self._ask(db)
        db.engine.catch_up()  # type: ignore[attr-defined]
        if answer == UNKNOWN:
            pass
        elif answer in (CONTENDED, GONE, FAILED):
            assert self.stored == 0, f"answered {answer}, but it was done"
        elif self.lenient and self.expected is None:
            assert isinstance(answer, Refused), "answered without a commit"
        else:
            assert self.expected is not None, f"answered {answer} before it was durable"
            assert answer == self.expected, f"answered {answer} instead of {self.expected}"
        return answer

    async def _ask(self, db: Database) -> Done | Refused:
        try:
            tables = {
                wish.table: await db.catalog.get(ACCOUNT, REGION, wish.table)
                for wish in self.wishes
            }
            pairs = [wish.on(tables[wish.table]) for wish in self.wishes]
            # Two wishes may turn out to be for one item (the table has no sort key).
            chosen = {(intent.space, intent.place): (intent, write) for intent, write in pairs}
            self.intents = [intent for intent, _ in chosen.values()]
            asked = [write for _, write in chosen.values()]
            if self.how == "one":
                written: Any = [await write_one(db, asked[0])]
                self.intents = self.intents[:1]
            elif self.how == "batch":
                written = await write_batch(db, asked)
            else:
                token = None
                if self.token is not None:
                    token = ClientToken(f"{ACCOUNT}|{REGION}", self.token, self.fingerprint)
                written = await write_all(db, asked, token=token)
            if written is None:
                return REPEATED
            return Done(tuple((_item(one.old), _item(one.new)) for one in written))
        except ConditionFailed as error:
            return Refused(("condition",), _item(error.old))
        except TransactionCancelled as error:
            codes = tuple(CODES[reason.code] for reason in error.reasons)
            if "too large" in codes:
                return TOO_LARGE
            return CONTENDED if "contended" in codes else Refused(codes)
        except Invalid:
            return Refused(("invalid",))
        except CollectionTooLarge:
            return TOO_LARGE
        except IdempotencyMismatch:
            return MISMATCH
        except Contended:
            return CONTENDED
        except (TableNotFound, SpaceDropped):
            return GONE
        except Unknown:
            return UNKNOWN
        except StorageError:
            return FAILED

    def __str__(self) -> str:
        wishes = ", ".join(
            f"{w.kind} {w.table}{w.place}"
            + (f" {w.change}" if w.change else "")
            + (f" if {w.condition.kind} {w.condition.value}" if w.condition else "")
            for w in self.wishes
        )
        return f"{self.how}{f' token {self.token}' if self.token else ''}: {wishes}"


def random_write(random: Random, tables: tuple[str, ...], *, lenient: bool) -> Write:
    how = random.choice(("one", "one", "one", "batch", "together", "together"))
    count = 1 if how == "one" else random.randint(1, 4)
    kinds = {
        "one": ("put", "update", "update", "delete"),
        "batch": ("put", "put", "delete"),
        "together": ("put", "update", "update", "delete", "check"),
    }[how]
    chosen: dict[tuple[str, Place], Wish] = {}
    for _ in range(count):
        wish = _wish(random, random.choice(tables), random.choice(kinds), bare=how == "batch")
        chosen[wish.table, wish.place] = wish
    token = None
    if how == "together" and random.random() < 0.5:
        token = f"token-{random.randrange(1_000_000)}"
    return Write(how, list(chosen.values()), token, lenient)


def _wish(random: Random, table: str, kind: str, *, bare: bool) -> Wish:
    place = (random.choice(PARTITIONS), str(random.randrange(3)))
    change: Any = None
    if kind == "put":
        change = {name: _value(random, name) for name in "gnvl" if random.random() < 0.7}
    elif kind == "update":
        name = random.choice("ggvln")
        change = random.choice(
            (
                Edit("set", name, _value(random, name)),
                Edit("remove", name),
                Edit("add", "n", random.choice((-1, 1, 7))),
                Edit("add", "n", 1),
            )
        )
        if random.random() < 0.03:
            change = Edit("broken")
    condition = None
    if kind == "check" or (not bare and random.random() < 0.3):
        condition = Asks(random.choice(("exists", "missing", "less")), random.randrange(10))
    return Wish(table, kind, place, change, condition)


def _value(random: Random, name: str) -> Item:
    if name == "n":
        return {"N": str(random.choice((-3, 0, 1, 5, 12)))}
    if name == "v":
        return {"S": "v" * random.choice((0, 1, 40, 400))}
    if random.random() < 0.04:
        return {"N": "1"}  # not what an index over it could hold
    return {"S": random.choice(("x", "y", "z\x00"))}


def _item(stored: Any) -> Item | None:
    return None if stored is None else stored.item
