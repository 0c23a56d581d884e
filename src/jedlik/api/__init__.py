"""What an operation is: its declaration, its context, its errors, the models behind its checks.

Imports nothing of ours. Services declare operations with it; `wire` runs them.
"""

from .context import Context
from .errors import ApiError
from .operation import Operation, Registry, Service, load_registry, operation

__all__ = ["ApiError", "Context", "Operation", "Registry", "Service", "load_registry", "operation"]
