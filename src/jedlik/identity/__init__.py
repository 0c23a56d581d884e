"""Who gets in: SigV4, the access keys we know, and who stands behind them."""

from .authenticator import Authenticator, Mode
from .credentials import Credential, Credentials, Identity, Principal, root_credential
from .shortcuts import SIGNATURE_DIGITS, HeaderSignatures, RepeatedSignature

__all__ = [
    "SIGNATURE_DIGITS",
    "Authenticator",
    "Credential",
    "Credentials",
    "HeaderSignatures",
    "Identity",
    "Mode",
    "Principal",
    "RepeatedSignature",
    "root_credential",
]
