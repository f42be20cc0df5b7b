"""One policy for e-mail addresses: sign-in, invitation, import and reset compare by `email_key`.

The key is the address without surrounding or invisible characters, NFKC-normalised and
case-folded, its domain in IDNA (A-label) form. Plus-tags stay distinct; dots are kept.
"""

from __future__ import annotations

import unicodedata

import idna

MAX_LENGTH = 254
_MAX_LOCAL = 64
_FORMAT_HINT = "Enter an email address in the correct format, like name@example.com"


def clean_email(text: str) -> str:
    """Return the address to store, show and write to. Raises ValueError with a sentence."""
    cleaned = unicodedata.normalize("NFKC", _visible(text)).strip().rstrip(".")
    if not cleaned:
        raise ValueError("Enter an email address")
    if len(cleaned) > MAX_LENGTH:
        raise ValueError(f"The email address must be {MAX_LENGTH} characters or fewer")
    if any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"} for c in cleaned):
        raise ValueError(_FORMAT_HINT)
    local, at, domain = cleaned.rpartition("@")
    if not at or not local or any(c in '@"(),:;<>[]\\' for c in local + domain):
        raise ValueError(_FORMAT_HINT)
    if len(local) > _MAX_LOCAL or local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError(_FORMAT_HINT)
    _idna_domain(domain)
    return cleaned


def email_key(text: str) -> str:
    """Return the key that all spellings of an address share. Raises ValueError with a sentence."""
    local, _, domain = clean_email(text).rpartition("@")
    key = f"{unicodedata.normalize('NFKC', local.casefold())}@{_idna_domain(domain)}"
    if len(key) > MAX_LENGTH:
        raise ValueError(f"The email address must be {MAX_LENGTH} characters or fewer")
    return key


def _visible(text: str) -> str:
    # Format characters (zero-width, direction overrides) are pasted along unseen and make two
    # equal-looking addresses different.
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def _idna_domain(domain: str) -> str:
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(_FORMAT_HINT) from error
    if "." not in ascii_domain and ascii_domain != "localhost":
        raise ValueError(_FORMAT_HINT)
    return ascii_domain
