"""AWS's protocols on our sockets: `Gateway` answers what `net` receives."""

from .gateway import Gateway
from .refusals import refuse

__all__ = ["Gateway", "refuse"]
