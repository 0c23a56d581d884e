"""Websites of buckets, as a browser without keys sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.server import Server
from tests.wire.s3.test_s3_raw import Answer, Connection, head

NAME = "site"
Browse = Callable[..., Answer]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("--dax-nodes", "0") as running:
        yield running


@pytest.fixture(scope="module")
def s3(server: Server) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=NAME)
    client.delete_public_access_block(Bucket=NAME)
    statement = [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{NAME}/*"},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket",
         "Resource": f"arn:aws:s3:::{NAME}"},
    ]  # fmt: skip
    policy = {"Version": "2012-10-17", "Statement": statement}
    client.put_bucket_policy(Bucket=NAME, Policy=json.dumps(policy))
    for key in ("index.html", "docs/index.html", "error.html"):
        client.put_object(Bucket=NAME, Key=key, Body=key.encode(), ContentType="text/html")
    client.put_object(Bucket=NAME, Key="old", WebsiteRedirectLocation="/new")
    return client


@pytest.fixture
def browse(server: Server) -> Iterator[Browse]:
    wire = Connection(server.endpoint)

    def answered(path: str, method: str = "GET", host: str = NAME) -> Answer:
        name = {"Host": f"{host}.s3-website.localhost"}
        wire.send(head(method, path, name))
        return wire.answer(head_only=method == "HEAD")

    yield answered
    wire.close()


def website(s3: Any, **config: Any) -> None:
    s3.put_bucket_website(Bucket=NAME, WebsiteConfiguration=config)


INDEX = {"IndexDocument": {"Suffix": "index.html"}}


def test_index_documents(s3: Any, browse: Browse) -> None:
    website(s3, **INDEX)
    for path, body in (("/", b"index.html"), ("/docs/", b"docs/index.html")):
        answer = browse(path)
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers["content-type"] == "text/html"
    answer = browse("/docs")
    assert (answer.status, answer.headers["location"]) == (302, "/docs/")
    answer = browse("/old")
    assert (answer.status, answer.headers["location"]) == (301, "/new")
    assert browse("/", "HEAD").headers["content-length"] == "10"
    assert browse("/", "DELETE").status == 405


def test_errors_are_pages(s3: Any, browse: Browse) -> None:
    website(s3, **INDEX)
    answer = browse("/no<where")
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<li>Code: NoSuchKey</li>" in answer.body
    assert b"<li>Key: no&lt;where</li>" in answer.body
    website(s3, **INDEX, ErrorDocument={"Key": "error.html"})
    answer = browse("/nowhere")
    assert (answer.status, answer.body) == (404, b"error.html")
    assert b"NoSuchBucket" in browse("/", host="no-such-site").body
    s3.delete_bucket_website(Bucket=NAME)
    answer = browse("/")
    assert answer.status == 404 and b"NoSuchWebsiteConfiguration" in answer.body


def test_redirects(s3: Any, browse: Browse) -> None:
    rules = [
        {"Condition": {"KeyPrefixEquals": "a/"}, "Redirect": {"ReplaceKeyPrefixWith": "b/"}},
        {"Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "gone"},
         "Redirect": {"HostName": "example.com", "Protocol": "https", "ReplaceKeyWith": "x",
                      "HttpRedirectCode": "307"}},
    ]  # fmt: skip
    website(s3, **INDEX, RoutingRules=rules)
    answer = browse("/a/b%20c")
    assert answer.status == 301
    assert answer.headers["location"] == f"http://{NAME}.s3-website.localhost/b/b%20c"
    answer = browse("/gone")
    assert (answer.status, answer.headers["location"]) == (307, "https://example.com/x")
    website(s3, RedirectAllRequestsTo={"HostName": "example.com"})
    answer = browse("/p")
    assert (answer.status, answer.headers["location"]) == (301, "http://example.com/p")
