"""AssumeRoleWithWebIdentity with a real provider on loopback: keys fetched, tokens verified."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.people import as_client
from tests.support.policies import allow, refused, trust

ACCOUNT = "000000000000"


class Provider:
    """An OpenID Connect provider: two keys, and tokens made to order."""

    def __init__(self) -> None:
        self.keys = {
            "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ec": ec.generate_private_key(ec.SECP256R1()),
        }
        provider = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = {
                    "/realm/.well-known/openid-configuration": {
                        "issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/jwks"
                    },
                    "/realm/jwks": {"keys": provider.public},
                }.get(self.path)  # fmt: skip
                body = json.dumps(found).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}/realm"
        self.public = [
            {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid}
            for (kid, key), algorithm in zip(
                self.keys.items(),
                (jwt.algorithms.RSAAlgorithm, jwt.algorithms.ECAlgorithm),
                strict=True,
            )
        ]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, kid="rsa", key=None, algorithm=None, headers=None, **claims):
        told = {"iss": self.issuer, "aud": "app", "sub": "user-1", "exp": time.time() + 600}
        told = {name: value for name, value in {**told, **claims}.items() if value is not None}
        algorithm = algorithm or ("ES256" if kid == "ec" else "RS256")
        key = key if key is not None else self.keys[kid]
        return jwt.encode(told, key, algorithm, headers={"kid": kid, **(headers or {})})


@pytest.fixture(scope="module")
def provider():
    found = Provider()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def provider_arn(provider, make_client):
    made = make_client("iam").create_open_id_connect_provider(
        Url=provider.issuer, ClientIDList=["app", "web"]
    )
    return made["OpenIDConnectProviderArn"]


@pytest.fixture
def role(iam, fresh, provider, provider_arn):
    """A role for user-1 of the provider's app, who lists the rows named after them."""
    url, name = provider.issuer[len("http://") :], fresh("web")
    given = trust(
        {"Federated": provider_arn},
        "sts:AssumeRoleWithWebIdentity",
        Condition={"StringEquals": {f"{url}:aud": "app", f"{url}:sub": "user-1"}},
    )
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=given)["Role"]
    tables = f"arn:aws:dynamodb:*:{ACCOUNT}:table/${{{url}:sub}}-*"
    iam.put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=allow("dynamodb:GetItem", on=tables)
    )
    return role["Arn"]


@pytest.fixture
def assume(make_client, role):
    """assume(token): without any signature, as applications ask."""
    anonymous = make_client("sts", config=Config(signature_version=UNSIGNED))

    def ask(token, **more):
        return anonymous.assume_role_with_web_identity(
            **{"RoleArn": role, "RoleSessionName": "sess", "WebIdentityToken": token, **more}
        )

    return ask


@pytest.mark.parametrize("kid", ["rsa", "ec"])
def test_a_good_token_is_a_session(kid, assume, provider, provider_arn, make_client, make_table):
    answer = assume(provider.token(kid))
    assert answer["SubjectFromWebIdentityToken"] == "user-1"
    assert (answer["Provider"], answer["Audience"]) == (provider_arn, "app")
    keys = as_client(answer["Credentials"])
    arn = make_client("sts", **keys).get_caller_identity()["Arn"]
    assert arn == answer["AssumedRoleUser"]["Arn"]
    own, others = make_table(TableName=f"user-1-{kid}"), make_table(TableName=f"user-2-{kid}")
    client = make_client("dynamodb", **keys)
    assert "Item" not in client.get_item(TableName=own, Key={"pk": {"S": "a"}})
    denied = refused(client.get_item, TableName=others, Key={"pk": {"S": "a"}})
    assert denied[0] == "AccessDeniedException"


def test_tokens_that_are_not_good(assume, provider):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    good = provider.token()
    head, _, signature = good.split(".")
    forged = jwt.utils.base64url_encode(
        json.dumps({**jwt.decode(good, options={"verify_signature": False}), "sub": "x"}).encode()
    ).decode()
    no_keys = (
        "Couldn't retrieve verification key from your identity provider, please reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )
    wrong = [
        ("no token at all", "The ID Token provided is not a valid JWT. "
         "(You may see this error if you sent an Access Token)"),
        (f"{head}.{forged}.{signature}", "The ID Token provided has an invalid signature."),
        (provider.token(key=stranger), "The ID Token provided has an invalid signature."),
        (provider.token(headers={"kid": "unknown"}), no_keys),
        (provider.token(key="", algorithm="none"),
         "The ID Token provided is not signed by an accepted algorithm."),
        (provider.token(key="x" * 40, algorithm="HS256"),
         "The ID Token provided is not signed by an accepted algorithm."),
        (provider.token(aud="another"), "Incorrect token audience"),
        (provider.token(iss="https://other.test"),
         "No OpenIDConnect provider found in your account for https://other.test"),
        (provider.token(exp=None), "Missing a required claim: exp"),
        (provider.token(nbf=time.time() + 300), "Token is not yet valid."),
    ]  # fmt: skip
    for token, text in wrong:
        assert refused(assume, token=token) == ("InvalidIdentityToken", text, 400)
    code, text, status = refused(assume, token=provider.token(exp=time.time() - 1))
    assert (code, status) == ("ExpiredTokenException", 400)
    assert text.startswith("Token expired: current date/time ")


def test_the_trust_policy_decides_about_good_tokens(assume, provider, role):
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    assert refused(assume, token=provider.token(sub="user-2")) == denied
    assert refused(assume, token=provider.token(aud="web")) == denied
    assert refused(assume, token=provider.token(), RoleArn=role + "-missing") == denied


def test_tags_of_a_token_are_those_of_the_session(
    assume, iam, provider, provider_arn, role, make_client
):
    name = role.rpartition("/")[2]
    iam.put_role_policy(
        RoleName=name,
        PolicyName="by-tag",
        PolicyDocument=allow(
            "dynamodb:ListTables", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}
        ),
    )

    def token(team):
        tags = {"principal_tags": {"team": [team]}, "transitive_tag_keys": ["team"]}
        return provider.token(**{"https://aws.amazon.com/tags": tags})

    assert refused(assume, token=token("blue"))[0] == "AccessDenied"  # may not tag
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    iam.update_assume_role_policy(
        RoleName=name,
        PolicyDocument=trust(
            {"Federated": provider_arn},
            actions,
            Condition={"StringEquals": {f"{provider.issuer[len('http://') :]}:aud": "app"}},
        ),
    )
    blue, red = (
        make_client("dynamodb", **as_client(assume(token(team))["Credentials"]))
        for team in ("blue", "red")
    )
    assert "TableNames" in blue.list_tables()
    assert refused(red.list_tables)[0] == "AccessDeniedException"


def test_a_provider_that_is_silent(assume, iam, provider):
    url = "http://127.0.0.1:9/realm"
    iam.create_open_id_connect_provider(Url=url, ClientIDList=["app"])
    code, text, _ = refused(assume, token=provider.token(iss=url))
    assert (code, text[:34]) == ("InvalidIdentityToken", "Couldn't retrieve verification key")
