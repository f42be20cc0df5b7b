"""Rules of connections: issuers, domains, and the sign-ins that count as two factors. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

import idna

from app.refusal import Refusal, RefusalError
from identity.upstream.webmail import WEBMAIL_DOMAINS

TXT_NAME = "_secure-access"
"""Label below which a domain's TXT record is published."""
TXT_PREFIX = "secure-access-domain="

_ENTRA_HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "login.chinacloudapi.cn",
        "sts.windows.net",
    }
)
_ENTRA_CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of personal Microsoft accounts."""
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHARED_HOSTS = frozenset(
    {
        "access.line.me",
        "api.login.yahoo.com",
        "appleid.apple.com",
        "github.com",
        "gitlab.com",
        "id.twitch.tv",
        "login.live.com",
        "login.salesforce.com",
        "slack.com",
        "www.facebook.com",
        "www.linkedin.com",
        "www.paypal.com",
        "token.actions.githubusercontent.com",
    }
)
"""Hosts of issuers that anybody, or many organisations, have accounts at."""
TENANT_CLAIMS: Mapping[str, str] = {"https://accounts.google.com": "hd"}
"""Issuers of many organisations that name the organisation's domain in a claim."""


# RFC 8176, section 2.
_KNOWLEDGE = frozenset({"pwd", "pin", "kba"})
_INHERENCE = frozenset({"face", "fpt", "iris", "retina", "vbm"})
_POSSESSION = frozenset({"hwk", "otp", "sc", "sms", "swk", "tel"})
_REGISTERED = (
    _KNOWLEDGE | _INHERENCE | _POSSESSION | {"geo", "mca", "mfa", "pop", "rba", "user", "wia"}
)
PHISHING_RESISTANT_ACRS = frozenset({"phr", "phrh", "urn:secure-access:aal2-phishing-resistant"})
"""RFC 9470 section 4 names the first two; the last is this product's own."""
_TWO_FACTOR_ACRS = PHISHING_RESISTANT_ACRS | {
    "urn:secure-access:aal2",
    "https://refeds.org/profile/mfa",
    "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
}


def check_issuer(issuer: str, *, own: str) -> None:
    """Refuse an issuer that is no single organisation's. Raises RefusalError.

    own: the issuer of this service.
    """
    parts = urlsplit(issuer)
    host = (parts.hostname or "").lower()
    if issuer != issuer.strip() or parts.query or parts.fragment or not host or "{" in issuer:
        raise RefusalError(
            Refusal(
                "issuer_format", "The issuer must be an address such as https://id.example.org."
            )
        )
    if issuer.rstrip("/") == own.rstrip("/"):
        raise RefusalError(Refusal("issuer_own", "The issuer is this service itself."))
    if host in _ENTRA_HOSTS and not _is_entra_tenant(parts.path):
        raise RefusalError(
            Refusal(
                "issuer_shared",
                "The issuer must name one tenant by its id. Common, organizations and consumers "
                "admit people of any tenant.",
            )
        )
    if host in _SHARED_HOSTS or host.removeprefix("www.") in _SHARED_HOSTS:
        raise RefusalError(
            Refusal("issuer_shared", "The issuer serves people of many organisations, not of one.")
        )


def _is_entra_tenant(path: str) -> bool:
    tenant = path.strip("/").partition("/")[0].lower()
    return bool(_GUID.fullmatch(tenant)) and tenant != _ENTRA_CONSUMERS


def parse_domain(text: str) -> str:
    """Return the domain of email addresses in IDNA form. Raises RefusalError."""
    try:
        domain = idna.encode(text.strip().rstrip("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        domain = ""
    if "." not in domain or len(domain) > 253 or re.fullmatch(r"[0-9.]+", domain):
        raise RefusalError(Refusal("domain_format", "Enter a domain such as example.org."))
    if domain in WEBMAIL_DOMAINS:
        raise RefusalError(
            Refusal(
                "domain_webmail", f"Anybody can have an address at {domain}: it proves nothing."
            )
        )
    return domain


def is_tenant_claim_right(
    issuer: str, claims: Mapping[str, object], domains: Collection[str]
) -> bool:
    """Return whether a shared issuer's claim names one of the connection's proven domains."""
    claim = TENANT_CLAIMS.get(issuer.rstrip("/"))
    return claim is None or str(claims.get(claim, "")).lower() in domains


def known_amr(values: object) -> tuple[str, ...]:
    """Return the registered `amr` values of an ID token (RFC 8176)."""
    listed = values if isinstance(values, list) else []
    return tuple(dict.fromkeys(each for each in listed if each in _REGISTERED))


def is_two_factor(amr: Collection[str], acr: str | None) -> bool:
    """Return whether a trusted provider's `amr` or `acr` says that two factors were shown."""
    if acr in _TWO_FACTOR_ACRS or "mfa" in amr:
        return True
    kinds = (_KNOWLEDGE, _INHERENCE, _POSSESSION)
    return sum(bool(kind & set(amr)) for kind in kinds) >= 2
