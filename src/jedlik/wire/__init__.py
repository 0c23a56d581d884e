"""AWS's protocols on our sockets: `Gateway` answers what `net` receives."""

from .gateway import Gateway, allow_all
from .refusals import refuse

__all__ = ["Gateway", "allow_all", "refuse"]
