"""With a data folder and required authentication: a server of its own, stopped and killed."""

from __future__ import annotations

from pathlib import Path

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.people import as_client
from tests.support.policies import allow, refused, trust
from tests.support.server import Server

ACCOUNT = "000000000000"
ROOT = {"aws_access_key_id": "AKIAROOTROOTROOTROOT", "aws_secret_access_key": "root-secret"}


def test_people_and_sessions_outlive_the_server(tmp_path: Path) -> None:
    environment = {
        "JEDLIK_ACCESS_KEY_ID": ROOT["aws_access_key_id"],
        "JEDLIK_SECRET_ACCESS_KEY": ROOT["aws_secret_access_key"],
    }
    arguments = ("--data", str(tmp_path / "data"), "--auth", "required", "--dax-nodes", "0")
    with Server(*arguments, environment=environment) as server:

        def client(service: str, keys: dict[str, str]):
            return server.client(service, keys=tuple(keys.values()))

        stranger = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
        assert refused(client("iam", stranger).list_users)[0] == "InvalidClientTokenId"
        iam, sts = client("iam", ROOT), client("sts", ROOT)
        assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
        iam.create_user(UserName="kept")
        keys = as_client(iam.create_access_key(UserName="kept")["AccessKey"])
        user = f"arn:aws:iam::{ACCOUNT}:user/kept"
        role = iam.create_role(
            RoleName="kept", AssumeRolePolicyDocument=trust({"AWS": [user, ACCOUNT]})
        )["Role"]["Arn"]
        iam.put_role_policy(
            RoleName="kept", PolicyName="p", PolicyDocument=allow("dynamodb:ListTables")
        )
        asked = {"RoleArn": role, "RoleSessionName": "kept"}
        assert refused(sts.assume_role, **asked) == (
            "AccessDenied",
            "Roles may not be assumed by root accounts.",
            403,
        )
        session = as_client(client("sts", keys).assume_role(**asked)["Credentials"])
        output = server.output()
        for secret in (keys["aws_secret_access_key"], session["aws_secret_access_key"]):
            assert secret not in output
        server.kill()
        server.restart()
        assert client("sts", keys).get_caller_identity()["Arn"] == user
        assert client("dynamodb", session).list_tables()["TableNames"] == []
        assert [each["UserName"] for each in client("iam", ROOT).list_users()["Users"]] == ["kept"]
        server.stop()
        server.restart()
        used = client("iam", ROOT).get_access_key_last_used(AccessKeyId=keys["aws_access_key_id"])
        assert used["AccessKeyLastUsed"]["ServiceName"] == "sts"


def test_a_presigned_question_who_that_is(endpoint: str, user: str, keys_of, iam) -> None:
    """As tools ask that prove to somebody else who they are."""
    import urllib.request

    keys = keys_of(user)
    request = AWSRequest("GET", f"{endpoint}/?Action=GetCallerIdentity&Version=2011-06-15")
    credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
    SigV4QueryAuth(credentials, "sts", "us-east-1", expires=60).add_auth(request)
    with urllib.request.urlopen(request.url) as reply:
        body = reply.read().decode()
    assert f"<Arn>arn:aws:iam::{ACCOUNT}:user/{user}</Arn>" in body
    assert 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"' in body
