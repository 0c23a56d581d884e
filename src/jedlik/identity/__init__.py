"""Who gets in: SigV4, the access keys we know, and who stands behind them."""

from .authenticator import Authenticator, Mode
from .authoriser import Authoriser
from .credentials import Credential, Credentials, Identity, KeyHolder, root_credential
from .directory import Directory, Draft
from .principals import Policy, PolicySets, Principal, root_principal
from .request_keys import Transport
from .shortcuts import SIGNATURE_DIGITS, HeaderSignatures, RepeatedSignature

__all__ = [
    "SIGNATURE_DIGITS",
    "Authenticator",
    "Authoriser",
    "Credential",
    "Credentials",
    "Directory",
    "Draft",
    "HeaderSignatures",
    "Identity",
    "KeyHolder",
    "Mode",
    "Policy",
    "PolicySets",
    "Principal",
    "RepeatedSignature",
    "Transport",
    "root_credential",
    "root_principal",
]
