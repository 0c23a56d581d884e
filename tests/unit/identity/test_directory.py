"""The directory: written through, seen by other processes, never asked for what it must not say."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from jedlik.api.errors import ApiError
from jedlik.identity import Authenticator, Directory, Draft, root_credential
from jedlik.identity.authenticator import usable
from jedlik.identity.key_ids import LONG, is_ours, new_key_id, new_secret
from jedlik.identity.records import AccessKey, Group, ManagedPolicy, PolicyVersion, Role, User
from jedlik.identity.sessions import MARK, Sessions
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database

ACCOUNT = "111122223333"
ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"%s","Resource":"*"}}'


@pytest.fixture
async def engine():
    engine = MemoryEngine()
    await Database(engine).open()
    return engine


async def process(engine) -> Directory:
    """A directory as a further process has it."""
    db = Database(engine)
    directory = Directory(db, account=ACCOUNT)
    await directory.open()
    return directory


def new_user(name: str, **more) -> User:
    return User(name=name, id=f"AIDA{name}", account=ACCOUNT, **more)


async def put(directory: Directory, *records) -> None:
    def add(draft: Draft) -> None:
        for each in records:
            draft.put(each)

    await directory.change(ACCOUNT, add)


def key_of(directory: Directory, user: str) -> AccessKey:
    key_id = new_key_id(LONG, directory.master, directory.random)
    return AccessKey(id=key_id, secret=new_secret(directory.random), user=user, account=ACCOUNT)


async def test_what_was_written_is_there_after_a_restart(engine):
    first = await process(engine)
    key = key_of(first, "alice")
    await put(first, new_user("Alice", tags={"a": "1"}), replace(key, user="Alice"))
    again = await process(engine)
    found = again.find(key.id)
    assert found is not None
    assert found.secret == key.secret
    assert found.principal.arn == f"arn:aws:iam::{ACCOUNT}:user/Alice"
    assert found.principal.tags == {"a": "1"}
    assert key.secret not in repr(found) + repr(key)
    assert again.master == first.master


async def test_a_principal_has_the_policies_of_its_groups_and_boundary(engine):
    directory = await process(engine)
    managed = ManagedPolicy(
        name="m", id="ANPA1", account=ACCOUNT, versions=(PolicyVersion(1, ALLOW % "s3:*", 0),)
    )
    group = Group(name="g", id="AGPA1", account=ACCOUNT, inline={"in": ALLOW % "sqs:*"})
    user = new_user(
        "u", inline={"own": ALLOW % "sns:*"}, attached=(managed.arn,), groups=("g",),
        boundary=managed.arn,
    )  # fmt: skip
    key = key_of(directory, "u")
    await put(directory, managed, group, user, key)
    policies = directory.find(key.id).principal.policies
    assert [each.name for each in policies.identity] == ["own", managed.arn, "in"]
    assert policies.boundary.document["Statement"]["Action"] == "s3:*"
    # The same object until something changes, and documents that did not change stay the same.
    assert directory.find(key.id).principal is directory.find(key.id).principal
    await put(directory, replace(user, tags={"x": "y"}))
    after = directory.find(key.id).principal
    assert after.policies.identity[0] is policies.identity[0]
    # A boundary whose policy is gone allows nothing.
    await directory.change(ACCOUNT, lambda draft: draft.delete(managed))
    assert directory.find(key.id).principal.policies.boundary.document["Statement"] == []


async def test_another_process_sees_changes_when_it_looks(engine):
    one, two = await process(engine), await process(engine)
    key = key_of(one, "u")
    await put(one, new_user("u"), key)
    assert two.find(key.id) is None
    before = two.generation
    assert await two.refresh()
    assert two.find(key.id).secret == key.secret
    assert two.generation > before
    assert not await two.refresh()
    await one.change(ACCOUNT, lambda draft: draft.delete(key))
    await two.refresh()
    assert two.find(key.id) is None


async def test_processes_that_change_at_once_lose_nothing(engine):
    directories = [await process(engine) for _ in range(3)]
    decided = []

    def add(number):
        def decide(draft: Draft) -> None:
            decided.append(number)
            draft.put(new_user(f"user-{number}-{len(draft.all(User))}"))

        return decide

    await asyncio.gather(*(directories[n % 3].change(ACCOUNT, add(n)) for n in range(12)))
    for directory in directories:
        await directory.refresh()
        assert len(directory.all(User, ACCOUNT)) == 12
    # Each saw all that were there before it: the numbers that they counted are all different.
    counted = {user.name.rpartition("-")[2] for user in directories[0].all(User, ACCOUNT)}
    assert counted == {str(n) for n in range(12)}


async def test_a_refused_change_changes_nothing(engine):
    directory = await process(engine)

    def refuse(draft: Draft) -> None:
        draft.put(new_user("half"))
        raise ApiError("No", "no")

    before = directory.generation
    with pytest.raises(ApiError):
        await directory.change(ACCOUNT, refuse)
    assert directory.all(User, ACCOUNT) == []
    assert directory.generation == before


async def test_keys_that_were_made_here_are_nobody_elses(engine):
    directory = await process(engine)
    key = key_of(directory, "u")
    await put(directory, new_user("u"), key)
    authenticator = Authenticator(directory, mode="open", account=ACCOUNT)
    assert authenticator.admits("AKIAIOSFODNN7EXAMPLE", None)
    await directory.change(ACCOUNT, lambda draft: draft.delete(key))
    assert not authenticator.admits(key.id, None)
    assert not authenticator.admits(directory.sessions.new_access_key(), None)
    assert not authenticator.admits("any", MARK + "tampered")
    # Of another data folder's keys nothing is known.
    other = Database(MemoryEngine())
    await other.open()
    elsewhere = Directory(other, account=ACCOUNT)
    await elsewhere.open()
    assert elsewhere.master != directory.master
    assert not is_ours(key.id, elsewhere.master)


async def test_root_is_known_and_not_stored(engine):
    directory = Directory(
        Database(engine), account=ACCOUNT, root=root_credential("root", "secret", ACCOUNT)
    )
    await directory.open()
    assert directory.find("root").principal.kind == "root"
    assert (await process(engine)).find("root") is None


async def test_a_session_in_every_process_until_it_ends(engine):
    one, two = await process(engine), await process(engine)
    role = Role(name="r", id="AROA1", account=ACCOUNT, trust="{}", tags={"a": "role", "b": "role"})
    await put(one, role)
    await two.refresh()
    issued = one.sessions.issue(
        "role", account=ACCOUNT, issued_at=1000, expires_at=2000, name="r", id="AROA1",
        session_name="s", tags={"A": "session"}, transitive=("A",), narrowed=True,
        policies=(ALLOW % "s3:*",),
    )  # fmt: skip
    found = two.find(issued.access_key, issued.token)
    assert found.secret == issued.secret
    principal = found.principal
    assert principal.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"
    assert (principal.id, principal.issuer_arn) == ("AROA1:s", role.arn)
    assert principal.tags == {"b": "role", "A": "session"}
    assert principal.context["aws:TokenIssueTime"] == "1970-01-01T00:16:40Z"
    assert len(principal.policies.session) == 1
    assert usable(found, issued.token, 1999.9) is found
    with pytest.raises(ApiError) as refused:
        usable(found, issued.token, 2000.0)
    assert (refused.value.code, refused.value.message) == (
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )
    assert issued.secret not in repr(issued)
    assert two.find("ASIAOTHER", issued.token) is None
    assert two.find(issued.access_key, None) is None


async def test_no_byte_of_a_token_can_be_changed(engine):
    sessions = Sessions(b"m" * 32, lambda n: b"r" * n)
    token = sessions.issue("root", account=ACCOUNT, issued_at=1, expires_at=2).token
    assert sessions.open(token) is not None
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert sessions.open(changed) is None, place
    assert sessions.open(token + "AAAA") is None
    assert Sessions(b"x" * 32, lambda n: b"r" * n).open(token) is None


async def test_uses_of_keys_are_written_down_later(engine):
    directory = await process(engine)
    key = key_of(directory, "u")
    await put(directory, new_user("u"), key)
    assert directory.find(key.id) is not None
    directory.used(key.id, 5000.0, "eu-west-1", "dynamodb")
    assert directory.has_uses.is_set()
    assert (await process(engine)).last_use(key.id) is None
    await directory.save_uses()
    assert not directory.has_uses.is_set()
    assert (await process(engine)).last_use(key.id) == (5000.0, "eu-west-1", "dynamodb")
