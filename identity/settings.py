"""Settings of the identity floor: how people join, sign in and stay signed in."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, cast
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from app.settings import FloorSettings
from app.settings import settings as app_settings
from app.unsafe_settings import is_loopback
from identity.email_address import EmailAddress

SHARED_ADDRESSES = (
    "accounts, admin, administration, administrator, admissions, attendance, bursar, contact, "
    "data, deputy, enquiries, enquiry, exams, finance, governors, head, headteacher, hello, help, "
    "helpdesk, hr, ict, info, information, it, itsupport, mail, office, payroll, postmaster, "
    "principal, reception, safeguarding, school, schooladmin, schooloffice, secretary, senco, "
    "staff, support, teachers, webmaster"
)


class IdentitySettings(FloorSettings):
    """Settings of sign-in and of sessions."""

    session_idle_minutes: int = Field(default=30, ge=1, le=60)
    """Minutes without a request after which a session ends."""

    session_hours: int = Field(default=12, ge=1, le=24)
    """Hours after the sign-in at which a session ends, even if it is in use."""

    one_factor_idle_minutes: int = Field(default=30, ge=1, le=60)
    """The idle limit of sessions that began with one factor, on a remembered device."""

    one_factor_hours: int = Field(default=8, ge=1, le=24)
    """The absolute limit of sessions that began with one factor."""

    phishing_resistant_idle_minutes: int = Field(default=30, ge=1, le=60)
    """The idle limit of sessions that began with a phishing-resistant factor."""

    phishing_resistant_hours: int = Field(default=12, ge=1, le=24)
    """The absolute limit of sessions that began with a phishing-resistant factor."""

    fresh_sign_in_minutes: int = Field(default=15, ge=1, le=60)
    """Minutes after which changes such as a new password or a removal ask for both factors."""

    invitation_days: int = Field(default=14, ge=1, le=60)
    """Days for which an invitation's link works."""

    unanswered_invitation_days: int = Field(default=90, ge=7, le=730)
    """Days after the end of its link after which an invitation that was not sent again ends."""

    shared_addresses: str = SHARED_ADDRESSES
    """First parts of addresses that several people share, comma separated: new people get none."""

    reset_minutes: int = Field(default=60, ge=5, le=24 * 60)
    """Minutes for which a password reset link works."""

    second_step_reset_hours: int = Field(default=24, ge=1, le=72)
    """Hours between the decision to reset a lost second step and the link to a new one."""

    dormancy_warning_days: int = Field(default=90, ge=30, le=365)
    """Days without use of an organisation's access after which the person is warned."""

    dormancy_days: int = Field(default=180, ge=60, le=730)
    """Days without use after which an organisation's access is suspended; a warning comes first."""

    account_closing_days: int = Field(default=30, ge=15, le=365)
    """Days after which the account of a person without membership is closed."""

    account_closing_notice_days: int = Field(default=7, ge=1, le=14)
    """Days before the closing of an account on which its person gets an email about it."""

    account_erasure_days: int = Field(default=365, ge=30, le=1825)
    """Days after which the data of a closed account, or of an invitation without one, is erased."""

    account_erasure_wait_days: int = Field(default=7, ge=1, le=30)
    """Days between a person's request to erase their account and the erasure; they can stop it."""

    reset_mails_per_hour: int = Field(default=5, ge=1, le=20)
    """Reset mails that one address is sent in an hour."""

    password_memory_kib: int = Field(default=19456, ge=19456)
    """Memory of one argon2id hash in KiB; OWASP's minimum is 19456 (19 MiB) with two passes."""

    password_passes: int = Field(default=2, ge=2)
    """Passes of one argon2id hash. Older hashes are renewed at sign-in when this changes."""

    password_hashes_at_once: int = Field(default=4, ge=1)
    """Password hashes that one process computes side by side, at most one for each processor."""

    breached_passwords_url: str | None = None
    """Pwned Passwords range service, `https://api.pwnedpasswords.com/range/`. Unset: no check."""

    failures_per_account_and_network: int = Field(default=5, ge=1)
    """Wrong passwords for one account from one network before its next try has to wait."""

    failures_per_account: int = Field(default=20, ge=1, le=100)
    """Wrong passwords for one account from unknown devices before the next such try has to wait."""

    failures_per_network: int = Field(default=50, ge=1)
    """Wrong passwords from one network, for any account, before the next try there has to wait."""

    failures_per_known_device: int = Field(default=10, ge=1)
    """Wrong passwords on a device known to be the person's before its next try has to wait."""

    wrong_codes_per_account: int = Field(default=10, ge=1, le=100)
    """Wrong codes of the second step for one account in 15 minutes."""

    anonymous_rows_per_minute: int = Field(default=240, ge=1)
    """Rows that requests of one network without a session may store in a minute: begun sign-ins."""

    anonymous_rows_per_hour: int = Field(default=4800, ge=1)
    """The same in an hour. Each process counts separately."""

    support_email: str | None = None
    """Address that the pages about help, privacy and accessibility name for questions."""

    controller: str | None = None
    """Name and postal address of the organisation responsible for personal data (controller)."""

    privacy_email: str | None = None
    """Address for questions about personal data; without it, the support address."""

    lawful_basis: str = (
        "we need it for a task in the public interest (Article 6(1)(e) of the UK GDPR)"
    )
    """Lawful basis for the privacy page: the end of a sentence that begins "We use it because"."""

    account_retention: str | None = None
    """Retention of accounts and their access, in words: `2 years after you leave`."""

    audit_retention: str | None = None
    """Retention of the record of sign-ins and changes, in words: `7 years`."""

    regulator: str = "Information Commissioner’s Office"
    """Regulator to which people can complain about the use of their data."""

    regulator_url: str = "https://ico.org.uk/make-a-complaint/"
    """Page of the regulator for complaints."""

    security_contact: str | None = None
    """Contact for security reports: `mailto:`, `https:` or `tel:`. Default: support address."""

    security_policy_url: str | None = None
    """Page with the policy for reports of weaknesses, for `security.txt`."""

    dns_resolvers: Annotated[list[str], NoDecode] = Field(default_factory=list)
    """Resolvers for TXT records of domains, comma separated: `9.9.9.9`. Unset: the system's."""

    domain_grace_days: int = Field(default=7, ge=1, le=30)
    """Days for which a domain stays proven while its TXT record is gone."""

    jwks_max_age: int = Field(default=60, ge=1, le=24 * 3600)
    """Seconds for which services may cache the published keys; a new key signs only after them."""

    signing_key_days: int = Field(default=90, ge=1, le=400)
    """Days for which a key signs before the worker replaces it by the next one."""

    @field_validator("breached_passwords_url")
    @classmethod
    def _asked_over_tls(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://unset")
        if parts.scheme != "https" and not (
            parts.scheme == "http" and is_loopback(parts.hostname or "")
        ):
            raise ValueError(
                "SECURE_ACCESS_BREACHED_PASSWORDS_URL must begin with https://: its answers decide "
                "which passwords are refused."
            )
        return value

    @field_validator("dns_resolvers", mode="before")
    @classmethod
    def _resolvers(cls, value: object) -> object:
        listed = value.split(",") if isinstance(value, str) else value
        addresses = [str(each).strip() for each in listed] if isinstance(listed, list) else []
        for address in filter(None, addresses):
            host_and_port(address)
        return list(filter(None, addresses))

    def missing_facts(self) -> list[str]:
        facts = ("support_email", "controller", "account_retention", "audit_retention")
        return [f"SECURE_ACCESS_{fact.upper()}" for fact in facts if getattr(self, fact) is None]

    @field_validator("support_email", "privacy_email")
    @classmethod
    def _an_email_address(cls, value: str | None) -> str | None:
        if value is not None:
            EmailAddress.parse(value)
        return value

    @field_validator("security_contact")
    @classmethod
    def _a_contact_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(mailto:[^\s@]+@|https://|tel:\+)\S+", value):
            raise ValueError(
                "Set SECURE_ACCESS_SECURITY_CONTACT to an address such as "
                "mailto:security@example.org or https://example.org/report."
            )
        return value

    @field_validator("regulator_url", "security_policy_url")
    @classmethod
    def _a_page(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https://\S+", value):
            raise ValueError("must be an address that begins with https://")
        return value


def host_and_port(address: str) -> tuple[str, int]:
    """Return host and port of a resolver: `9.9.9.9`, `127.0.0.1:5353`. Raises ValueError."""
    host, port = address.split(":") if address.count(":") == 1 else (address, "53")
    return str(ip_address(host)), int(port)


def settings() -> IdentitySettings:
    """Return the settings of the running application, as this floor sees them."""
    return cast(IdentitySettings, app_settings())
