"""Rules of joining: the first page, and the step that follows an acceptance."""

from __future__ import annotations

import pytest

from identity.email_address import EmailAddress
from identity.joining.rules import FirstPage, NextStep, first_page, next_step

ADA = EmailAddress.parse("ada@school.example")
GRACE = EmailAddress.parse("grace@school.example")


@pytest.mark.parametrize(
    ("expired", "renewal_requested", "signed_in", "page"),
    [
        (False, False, None, FirstPage.ACCEPT),
        (False, False, ADA, FirstPage.ACCEPT),
        (False, False, GRACE, FirstPage.OF_ANOTHER_PERSON),
        (True, False, GRACE, FirstPage.EXPIRED),
        (True, True, None, FirstPage.RENEWAL_REQUESTED),
    ],
)
def test_first_page_follows_the_invitation_before_the_person(
    expired: bool, renewal_requested: bool, signed_in: EmailAddress | None, page: FirstPage
) -> None:
    found = first_page(
        expired=expired, renewal_requested=renewal_requested, invited=ADA, signed_in=signed_in
    )
    assert found is page


@pytest.mark.parametrize(
    ("signed_in", "has_account", "reserved", "step"),
    [
        (ADA, True, False, NextStep.TERMS),
        (GRACE, True, False, NextStep.NONE),
        (None, True, False, NextStep.SIGN_IN),
        (None, True, True, NextStep.SIGN_IN),
        (None, False, True, NextStep.RESERVED),
        (None, False, False, NextStep.NEW_ACCOUNT),
    ],
)
def test_next_step_follows_the_person_who_accepts(
    signed_in: EmailAddress | None, has_account: bool, reserved: bool, step: NextStep
) -> None:
    found = next_step(invited=ADA, signed_in=signed_in, has_account=has_account, reserved=reserved)
    assert found is step
