"""Jedlik: an open, self-hosted, wire-compatible Amazon DynamoDB.

ARCHITECTURE.md in the repository is the tour of the parts, in reading order.
"""

from . import compiled

__version__ = "0.1.0"

compiled.install()
