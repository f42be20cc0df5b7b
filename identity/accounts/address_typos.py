"""Email addresses that were probably mistyped: a domain that is nearly one that people use."""

from collections.abc import Collection

from app.spelling import distance, slips_allowed
from identity.email_address import EmailAddress

COMMON_DOMAINS = frozenset(
    {
        "aol.com",
        "btinternet.com",
        "education.gov.uk",
        "gmail.com",
        "googlemail.com",
        "hotmail.co.uk",
        "hotmail.com",
        "icloud.com",
        "live.co.uk",
        "live.com",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "sky.com",
        "talktalk.net",
        "virginmedia.com",
        "yahoo.co.uk",
        "yahoo.com",
    }
)
"""Domains of mail services that people in England use."""

_ENDINGS = {
    ".con": ".com",
    ".cmo": ".com",
    ".ocm": ".com",
    ".comm": ".com",
    ".vom": ".com",
    ".xom": ".com",
    ".co.ku": ".co.uk",
    ".co.u": ".co.uk",
    ".co.ukk": ".co.uk",
    ".sch.ku": ".sch.uk",
    ".sch.u": ".sch.uk",
    ".sch.ukk": ".sch.uk",
    ".shc.uk": ".sch.uk",
    ".scho.uk": ".sch.uk",
    ".school.uk": ".sch.uk",
    ".gov.ku": ".gov.uk",
    ".gov.u": ".gov.uk",
    ".gob.uk": ".gov.uk",
    ".ac.ku": ".ac.uk",
    ".org.ku": ".org.uk",
    ".ogr.uk": ".org.uk",
}
"""Endings that no domain has, or nearly none, and the ones that were meant."""


def likely_meant(email: EmailAddress, known: Collection[str]) -> str | None:
    """Return the address that was probably meant, or None where this one looks right.

    known: domains in use where the person is to be added, as in the keys of addresses.
    """
    local, _, domain = email.key.rpartition("@")
    if domain in known or domain in COMMON_DOMAINS:
        return None
    ended = _with_usual_ending(domain)
    if ended is not None:
        return f"{local}@{ended}"
    near = _nearest(domain, {*known, *COMMON_DOMAINS})
    return f"{local}@{near}" if near is not None else None


def _with_usual_ending(domain: str) -> str | None:
    for wrong, right in _ENDINGS.items():
        if domain.endswith(wrong):
            return domain.removesuffix(wrong) + right
    return None


def _nearest(domain: str, known: Collection[str]) -> str | None:
    most = slips_allowed(domain)
    found = min(
        ((distance(domain, each, most), each) for each in known if each[:1] == domain[:1]),
        default=None,
    )
    return found[1] if found is not None and found[0] <= most else None
