"""Users, keys and clients; see tests/support/people.py."""

from __future__ import annotations

from tests.support.people import fresh, iam, keys_of, sts, user

__all__ = ["fresh", "iam", "keys_of", "sts", "user"]
