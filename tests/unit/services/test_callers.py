"""Who asked for a transfer: kept, found again, and judged anew for every object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import json as msgspec_json
from msgspec.structs import replace

from jedlik.identity import Directory, Principal, root_principal
from jedlik.identity.records import Role, User
from jedlik.identity.sessions import Session
from jedlik.services.dynamodb.callers import (
    Caller,
    Callers,
    caller_of,
    principal_of,
)
from jedlik.services.dynamodb.transfer_objects import CallersObjects
from jedlik.services.s3 import Objects, S3Error
from jedlik.services.s3.access import POLICY
from jedlik.services.s3.store import Store
from jedlik.storage.blobs import FileBlobs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database

ACCOUNT, OTHER = "111111111111", "222222222222"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, on: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": on, **more}


EVERYTHING = document(allow("*", "*"))
USER = User(name="Ann", id="AIDAANN", account=ACCOUNT, path="/team/", inline={"p": EVERYTHING})
ROLE = Role(name="mover", id="AROAMOVER", account=ACCOUNT, trust="{}", inline={"p": EVERYTHING})


@pytest.fixture
async def db(tmp_path: Path) -> Database:
    db = Database(MemoryEngine())
    db.blobs = FileBlobs(tmp_path, durable=False)
    await db.open()
    directory = Directory(db, account=ACCOUNT)
    await directory.open()
    db.beside[Directory] = directory
    await directory.change(ACCOUNT, lambda draft: (draft.put(USER), draft.put(ROLE)))
    return db


def session(of: Any, **more: Any) -> Session:
    return Session(of, ACCOUNT, "ASIA", 1_700_000_000, 1_700_003_600, **more)


def principals(directory: Directory) -> dict[str, Principal | None]:
    narrowed = {"narrowed": True, "policies": (document(allow("s3:*", "*")),)}
    of_role = {"name": "mover", "id": ROLE.id, "session_name": "ses"}
    of_user = {"name": "Ann", "id": USER.id}
    persons = directory.persons
    return {
        "user": persons.user(USER),
        "user's session": persons.of_session(session("user", **of_user)),
        "role": persons.of_session(session("role", **of_role, tags={"a": "b"})),
        "narrowed role": persons.of_session(session("role", **of_role, **narrowed)),
        "federated": persons.of_session(
            session("federated-user", **of_user, session_name="fed", **narrowed)
        ),
        "federated by root": persons.of_session(
            session("federated-user", session_name="fed", **narrowed)
        ),
        "root": root_principal(ACCOUNT),
    }


async def test_a_caller_is_found_again_as_it_was(db: Database) -> None:
    directory = db.beside[Directory]
    for name, principal in principals(directory).items():
        assert principal is not None, name
        kept = msgspec_json.decode(msgspec_json.encode(caller_of(principal)), type=Caller)
        found = principal_of(directory, kept)
        assert found is not None, name
        for part in ("account", "arn", "kind", "id", "name", "context", "issuer_arn"):
            assert getattr(found, part) == getattr(principal, part), (name, part)
        assert dict(found.tags) == dict(principal.tags)
        assert documents(found.policies.identity) == documents(principal.policies.identity)
        of_session = principal.policies.session
        assert (found.policies.session is None) == (of_session is None), name
        assert documents(found.policies.session) == documents(of_session)
    assert caller_of(None) is None


def documents(policies: Any) -> list[Any]:
    return [(each.name, each.document) for each in policies or ()]


async def test_who_is_gone_or_is_another_one_of_the_name_is_nobody(db: Database) -> None:
    directory = db.beside[Directory]
    kept = {name: caller_of(each) for name, each in principals(directory).items()}
    await directory.change(
        ACCOUNT,
        lambda draft: (draft.put(replace(ROLE, id="AROAOTHER")), draft.delete(USER)),
    )
    found = {name for name, each in kept.items() if each and principal_of(directory, each)}
    assert found == {"federated by root", "root"}


async def test_what_is_withdrawn_counts_for_the_next_object(db: Database) -> None:
    directory, store = db.beside[Directory], Store(db)
    assert await Objects(db, account=OTHER, region="r").make_bucket("theirs")
    bucket = await store.bucket("theirs")
    given = document(allow("s3:PutObject", "arn:aws:s3:::theirs/*", Principal={"AWS": ACCOUNT}))
    caller = caller_of(directory.persons.user(USER))
    callers = Callers(db, caller, account=ACCOUNT, region="us-east-1")
    objects = CallersObjects(db, callers, "theirs", owner=OTHER)

    async def put() -> str:
        try:
            await objects.put("key", b"data")
        except S3Error as refusal:
            return refusal.code
        return "put"

    assert await put() == "AccessDenied"
    await store.configure(bucket, POLICY, given)
    assert await put() == "put"
    await store.configure(bucket, POLICY, None)
    assert await put() == "AccessDenied"
    await store.configure(bucket, POLICY, given)
    assert await put() == "put"
    await directory.change(ACCOUNT, lambda draft: draft.put(replace(USER, inline={})))
    assert await put() == "AccessDenied"
    await directory.change(ACCOUNT, lambda draft: draft.put(USER))
    assert await put() == "put"
    await directory.change(ACCOUNT, lambda draft: draft.delete(USER))
    assert await put() == "AccessDenied"
    nobody = Callers(db, None, account=ACCOUNT, region="us-east-1")
    objects = CallersObjects(db, nobody, "theirs", owner=OTHER)
    assert await put() == "AccessDenied", "a developer may do anything in the own account only"
    everybody = document(allow("s3:PutObject", "arn:aws:s3:::theirs/*", Principal="*"))
    await store.configure(bucket, POLICY, everybody)
    assert await put() == "AccessDenied", "public access is blocked"
