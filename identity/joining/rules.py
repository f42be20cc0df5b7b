"""Rules of joining. Pure."""

from __future__ import annotations

import enum

from identity.email_address import EmailAddress


class FirstPage(enum.Enum):
    """First page of joining, as its template is named."""

    ACCEPT = "join"
    EXPIRED = "expired"
    RENEWAL_REQUESTED = "asked_again"
    OF_ANOTHER_PERSON = "somebody_else"


class NextStep(enum.Enum):
    """Step that follows when the invited person accepts."""

    NONE = enum.auto()
    """The invitation is not for the person who is signed in."""
    TERMS = enum.auto()
    """The invitation is accepted."""
    SIGN_IN = enum.auto()
    """The address has an account, whose person signs in first."""
    RESERVED = enum.auto()
    """The address was another account's until a short while ago, which may get it back."""
    NEW_ACCOUNT = enum.auto()


def first_page(
    *, expired: bool, renewal_requested: bool, invited: EmailAddress, signed_in: EmailAddress | None
) -> FirstPage:
    """Return the first page for an invitation and the person who is signed in, if any."""
    if expired:
        return FirstPage.RENEWAL_REQUESTED if renewal_requested else FirstPage.EXPIRED
    if signed_in is not None and signed_in != invited:
        return FirstPage.OF_ANOTHER_PERSON
    return FirstPage.ACCEPT


def next_step(
    *, invited: EmailAddress, signed_in: EmailAddress | None, has_account: bool, reserved: bool
) -> NextStep:
    """Return the step that follows an acceptance by this person."""
    if signed_in is not None:
        return NextStep.TERMS if signed_in == invited else NextStep.NONE
    if has_account:
        return NextStep.SIGN_IN
    return NextStep.RESERVED if reserved else NextStep.NEW_ACCOUNT
