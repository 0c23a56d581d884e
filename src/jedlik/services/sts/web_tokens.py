"""Tokens of identity providers: verified as JWTs by PyJWT, refused in STS's words."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from jedlik.api.context import Context
from jedlik.identity import Directory
from jedlik.identity.records import OidcProvider
from jedlik.services.sts.errors import expired_token, invalid_token, provider_silent
from jedlik.services.sts.web_keys import Unreachable, WebKeys

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
"""Only signatures by keys that the provider alone has: never "none", never a shared secret."""
TAGS_CLAIM = "https://aws.amazon.com/tags"
_NOT_A_JWT = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)


@dataclass(frozen=True)
class WebIdentity:
    """Who a verified token speaks of."""

    provider: OidcProvider
    claims: dict[str, Any]

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    @property
    def audience(self) -> str:
        """Of several, the one that the provider was made for."""
        found = _texts(self.claims.get("azp") or self.claims["aud"])
        known = [each for each in found if each in self.provider.client_ids]
        return (known or found)[0]

    @property
    def keys(self) -> dict[str, str | list[str]]:
        """Condition keys: accounts.example.com:aud, :sub, :amr …"""
        url = self.provider.url
        keys: dict[str, str | list[str]] = {
            f"{url}:aud": self.audience,
            f"{url}:sub": self.subject,
            "aws:FederatedProvider": self.provider.arn,
        }
        for claim in ("oaud", "amr", "email", "azp"):
            value = self.claims.get("aud" if claim == "oaud" else claim)
            if isinstance(value, str | list) and value:
                keys[f"{url}:{claim}"] = _texts(value)
        return keys

    @property
    def session_tags(self) -> tuple[list[dict[str, str]], list[str]]:
        """The tags that the provider gives the session, and which go along to further roles."""
        told = self.claims.get(TAGS_CLAIM)
        if not isinstance(told, dict):
            return [], []
        tags = told.get("principal_tags")
        given = tags if isinstance(tags, dict) else {}
        listed = [{"Key": str(k), "Value": _texts(v)[0]} for k, v in given.items() if _texts(v)]
        return listed, _texts(told.get("transitive_tag_keys") or [])


async def verified(ctx: Context, token: str, account: str) -> WebIdentity:
    """Whom the token speaks of, if it is good. account: the role's. Raises ApiError."""
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        unverified = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
    except jwt.PyJWTError:
        raise invalid_token(_NOT_A_JWT) from None
    provider = _provider(ctx, account, unverified.get("iss"))
    if header.get("alg") not in ALGORITHMS:
        raise invalid_token("The ID Token provided is not signed by an accepted algorithm.")
    key_id = header.get("kid")
    try:
        keys = await WebKeys.of(ctx).find(provider, key_id if isinstance(key_id, str) else None)
    except Unreachable:
        raise provider_silent() from None
    if not keys:
        raise provider_silent()
    claims = _claims(token, keys, provider, ctx.now)
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise invalid_token("Missing a required claim: sub")
    return WebIdentity(provider, claims)


def _provider(ctx: Context, account: str, issuer: Any) -> OidcProvider:
    scheme, _, url = str(issuer).partition("://")
    found = Directory.of(ctx).get(OidcProvider, account, url)
    if found is None or found.scheme != scheme:
        raise invalid_token(f"No OpenIDConnect provider found in your account for {issuer}")
    return found


def _claims(
    token: str, keys: list[dict[str, Any]], provider: OidcProvider, now: float
) -> dict[str, Any]:
    import jwt

    issuer = f"{provider.scheme}://{provider.url}"
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(key),
                algorithms=list(ALGORITHMS),
                audience=list(provider.client_ids),
                issuer=issuer,
                # Times are judged below, by the clock of the request.
                options={
                    "require": ["exp", "aud", "iss", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.MissingRequiredClaimError as fault:
            raise invalid_token(f"Missing a required claim: {fault.claim}") from None
        except jwt.InvalidAudienceError:
            raise invalid_token("Incorrect token audience") from None
        except jwt.PyJWTError:
            continue  # not this key
        _check_times(claims, now)
        return claims
    raise invalid_token("The ID Token provided has an invalid signature.")  # unverified


def _check_times(claims: dict[str, Any], now: float) -> None:
    expiry, begins = claims["exp"], claims.get("nbf", 0)
    if not isinstance(expiry, int | float) or not isinstance(begins, int | float):
        raise invalid_token(_NOT_A_JWT)
    if expiry <= now:
        raise expired_token(_shown(now), _shown(expiry))
    if begins > now:
        raise invalid_token("Token is not yet valid.")  # unverified


def _shown(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(min(max(seconds, 0), 2**40)))


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
