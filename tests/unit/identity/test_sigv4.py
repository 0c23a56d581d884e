"""Canonical forms against botocore's, the oracle."""

from __future__ import annotations

import string

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from jedlik.identity.credentials import root_credential
from jedlik.identity.sigv4 import canonical_path, canonical_query, canonical_value

ORACLE = SigV4Auth(Credentials("a", "b"), "dynamodb", "us-east-1")
path_text = st.text(string.ascii_letters + "/.~-_%+*:@", max_size=20)


@given(path_text)
def test_paths(path: str) -> None:
    path = "/" + path
    assert canonical_path(path.encode()).decode() == ORACLE._normalize_url_path(path)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "A", "b", "c%20d", "%7E"]), st.sampled_from(["", "1", "%2F"])
        ),
        max_size=5,
    )
)
def test_queries(pairs: list[tuple[str, str]]) -> None:
    """For what a client escaped as SigV4 wants it, which includes a bare tilde."""
    query = "&".join(f"{name}={value}" for name, value in pairs if name != "%7E")
    expected = ORACLE.canonical_query_string(AWSRequest("GET", f"http://a/?{query}"))
    assert canonical_query(query.encode()).decode() == expected


def test_escapes_are_made_canonical() -> None:
    assert canonical_query(b"%7e=%c3%a9&b&a=1/2&X-Amz-Signature=0") == b"a=1%2F2&b=&~=%C3%A9"


def test_values() -> None:
    assert canonical_value(b"  a   b\t\tc ") == b"a b c"


def test_secrets_do_not_show() -> None:
    assert "hidden" not in repr(root_credential("key", "hidden", "000000000000"))
