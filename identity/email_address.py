"""Email addresses: one value for an address, however it was typed.

Forms, commands and settings parse text into an `EmailAddress`; everything behind them passes the
value. The key is the address without surrounding or invisible characters, NFKC-normalised and
case-folded, its domain in IDNA (A-label) form. Plus-tags stay distinct; dots are kept.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Self

import idna

from app.refusal import Refusal, RefusalError

MAX_LENGTH = 254
_MAX_LOCAL = 64

MISSING = Refusal("email_missing", "Enter an email address.")
WRONG_FORMAT = Refusal(
    "email_format", "Enter an email address in the correct format, like name@example.com."
)
TOO_LONG = Refusal("email_length", f"The email address must be {MAX_LENGTH} characters or fewer.")


@dataclass(frozen=True)
class EmailAddress:
    """An email address. Two spellings of one address are equal.

    text: the address to store, show and write to. key: the text that all spellings share, which
    the columns `email_key` hold and queries compare.
    """

    text: str = field(compare=False)
    key: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address that somebody typed. Raises RefusalError for any other text."""
        cleaned = unicodedata.normalize("NFKC", _visible(text)).strip().rstrip(".")
        if not cleaned:
            raise RefusalError(MISSING)
        if len(cleaned) > MAX_LENGTH:
            raise RefusalError(TOO_LONG)
        if any(unicodedata.category(c) in _NOT_IN_ADDRESSES for c in cleaned):
            raise RefusalError(WRONG_FORMAT)
        local, at, domain = cleaned.rpartition("@")
        if not at or not local or any(c in '@"(),:;<>[]\\' for c in local + domain):
            raise RefusalError(WRONG_FORMAT)
        if len(local) > _MAX_LOCAL or local.startswith(".") or local.endswith(".") or ".." in local:
            raise RefusalError(WRONG_FORMAT)
        key = f"{unicodedata.normalize('NFKC', local.casefold())}@{_idna_domain(domain)}"
        if len(key) > MAX_LENGTH:
            raise RefusalError(TOO_LONG)
        return cls(cleaned, key)

    def __str__(self) -> str:
        return self.text


_NOT_IN_ADDRESSES = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def _visible(text: str) -> str:
    # Format characters (zero-width, direction overrides) are pasted along unseen and make two
    # equal-looking addresses different.
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def _idna_domain(domain: str) -> str:
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise RefusalError(WRONG_FORMAT) from error
    if "." not in ascii_domain and ascii_domain != "localhost":
        raise RefusalError(WRONG_FORMAT)
    return ascii_domain
