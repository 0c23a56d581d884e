"""Sessions on the wire: every signed part counts, in every place of a signature, until they end."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from jedlik.identity import Credential, root_principal
from tests.wire.servers import ACCOUNT, Client, RunningGateway
from tests.wire.signed import Signed, sign

NOW = 1_795_348_800.0
KEY, SECRET, TOKEN = "ASIASESSION", "session-secret-2", "session-token-2"
ENDS_AT = NOW + 3000
EXPIRED = (
    "com.amazon.coral.service#ExpiredTokenException",
    "The security token included in the request is expired",
)


@pytest.fixture
def gateway(strict_gateway: RunningGateway) -> Iterator[RunningGateway]:
    strict_gateway.clock.now = NOW
    strict_gateway.credentials.add(Credential(KEY, SECRET, root_principal(ACCOUNT), TOKEN, ENDS_AT))
    yield strict_gateway
    strict_gateway.clock.now = None
    strict_gateway.credentials.remove(KEY)


def signed(time_s: float = NOW, **how) -> Signed:
    body = orjson.dumps({"TableName": "tbl", "Key": {"pk": {"S": "found"}}})
    return sign(key=KEY, secret=SECRET, token=TOKEN, body=body, time_s=time_s, **how)


def refusal(client: Client, request: Signed) -> tuple[str, str]:
    answer = client.send(request.bytes()).answer()
    assert answer.status == 400, answer.body
    told = orjson.loads(answer.body)
    return told["__type"], told["message"]


@pytest.mark.parametrize("seen_before", [False, True], ids=["first", "by a shortcut"])
def test_every_signed_part_counts(gateway: RunningGateway, seen_before: bool) -> None:
    client = gateway.connect()
    if seen_before:
        for _ in range(5):
            assert client.send(signed().bytes()).answer().status == 200
    for name in ("X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Target", "Host", "Authorization"):
        request = signed()
        value = request.headers[name]
        changed = {
            "X-Amz-Date": value.replace("T12", "T11"),
            "X-Amz-Target": "DynamoDB_20120810.PutItem",
            "Host": "elsewhere:8000",
            "Authorization": value[:-1] + ("0" if value[-1] != "0" else "1"),
        }.get(name, value + "x")
        assert changed != value
        request.headers[name] = changed
        answer = client.send(request.bytes()).answer()
        assert answer.status == 400, name
    request = signed()
    request.body = request.body.replace(b"found", b"other")
    assert refusal(client, request)[0].endswith("#InvalidSignatureException")
    request = signed()
    del request.headers["X-Amz-Security-Token"]
    assert refusal(client, request)[0].endswith("#UnrecognizedClientException")
    # None of that has made the good one any worse, nor a replay within its time.
    assert client.send(signed().bytes()).answer().status == 200
    assert client.send(signed().bytes()).answer().status == 200


def test_a_session_ends_on_time_by_every_way(gateway: RunningGateway) -> None:
    client = gateway.connect()
    gateway.clock.now = ENDS_AT - 10
    for _ in range(8):  # the long way, the planned one, the shortest
        assert client.send(signed(ENDS_AT - 10).bytes()).answer().status == 200
    gateway.clock.now = ENDS_AT - 0.001
    assert client.send(signed(ENDS_AT - 10).bytes()).answer().status == 200
    gateway.clock.now = ENDS_AT
    assert refusal(client, signed(ENDS_AT - 10)) == EXPIRED
    assert refusal(gateway.connect(), signed(ENDS_AT)) == EXPIRED


def test_a_presigned_request_of_a_session(gateway: RunningGateway) -> None:
    client = gateway.connect()
    good = signed(presigned_s=3600)
    assert "X-Amz-Security-Token=" in good.target
    assert client.send(good.bytes()).answer().status == 200
    other = signed(presigned_s=3600)
    other.target = other.target.replace(TOKEN, "another-token")
    assert refusal(client, other)[0].endswith("#UnrecognizedClientException")
    for part in ("X-Amz-Expires=3600", "X-Amz-SignedHeaders=content-type"):
        changed = signed(presigned_s=3600)
        assert part in changed.target
        changed.target = changed.target.replace(part, part + "1" if part[-1] == "0" else part + "x")
        assert client.send(changed.bytes()).answer().status == 400, part
    gateway.clock.now = ENDS_AT
    assert refusal(client, good) == EXPIRED


def test_a_key_takes_the_long_way_once_in_a_quarter_of_an_hour(gateway: RunningGateway) -> None:
    """There its use is noted."""
    uses: list[float] = []
    credentials = gateway.credentials
    credentials.used = lambda key, now, region, service: uses.append(now)  # type: ignore[method-assign]
    try:
        client = gateway.connect()
        for later in (0, 1, 2, 899, 900, 901, 1799, 1800):
            gateway.clock.now = NOW + later
            for _ in range(3):
                assert client.send(signed(NOW + later).bytes()).answer().status == 200
        first = uses.count(NOW)
        assert 1 <= first <= 3  # until its headers are learned
        assert uses[first:] == [NOW + 900, NOW + 1800] or len(uses) <= first + 4
    finally:
        del credentials.used
