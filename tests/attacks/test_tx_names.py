"""Names and addresses that are not what they look like (group TX)."""

from __future__ import annotations

import unicodedata

import pytest
from flask import Flask

from approvals.memberships import facts
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.accounts.confusables import look_alike, mixes_alphabets
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.identity.conftest import Post
from tests.identity.people import PASSWORD, Person
from tests.identity.walking import Page, Walker

RLO, ZERO_WIDTH = "\u202e", "\u200b"
LOOKS = "the email address looks the same"
MAILS_AN_HOUR = 5


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(
        school, "ann@ashfield.example", approver=True, given_name="Ann", family_name="Dean"
    )


def shown(address: str) -> str:
    """The address as the page shows it, to confirm it."""
    return EmailAddress.parse(address).text


def _check(app: Flask, ann: Membership, school: Organisation, email: str, *name: str) -> Page:
    page = browser(app, ann).get(path(school, "users", "new"))
    given, family = name or ("Some", "Body")
    page = page.submit(
        email=email, given_name=given, family_name=family, address_is_right=shown(email)
    )
    assert page.heading == "Check what you have entered"
    return page


LIKE_ADMIN = [
    "аdmins@ashfield.example",  # a Cyrillic а
    "adm\u0456ns@ashfield.example",  # a Cyrillic і
    "admιns@ashfield.example",  # a Greek ι
    "adrnins@ashfield.example",  # r and n for m
    "admins@ashfie1d.example",
    "admins@аshfield.example",
]


def test_TX_01_address_that_resembles_a_member_is_flagged(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    world.member(school, "admins@ashfield.example", given_name="Ada", family_name="Min")
    checks = [_check(app, ann, school, address) for address in LIKE_ADMIN]
    for page in checks:
        assert "This looks like somebody who is here already." in page.text
        assert f"Ada Min, admins@ashfield.example: {LOOKS}" in page.text, page.text
    assert checks[0].submit().heading == "Invitation sent", "the approver decides"


def test_TX_01_name_that_resembles_a_member_is_flagged(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    for name in [("Аnn", "Dean"), ("Ann", "DEAN"), ("Ann", "Dеan"), ("Ann", "Dean")]:
        page = _check(app, ann, school, "somebody@ashfield.example", *name)
        assert "Ann Dean, ann@ashfield.example: the name looks the same" in page.text, name


def test_TX_01_warning_names_no_person_of_another_organisation(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    other = world.school("Birch School", urn="100002")
    world.member(other, "admins@birch.example", given_name="Secret", family_name="Person")
    page = _check(app, ann, school, "аdmins@birch.example", "Secret", "Person")
    assert "looks like somebody" not in page.text
    assert "The email address mixes letters of different alphabets." in page.text


UNLIKE = {
    "bob@ashfield.example": ("Bob", "Deane"),
    "zoë@ashfield.example": ("Zoë", "O’Neil"),
    "anna@школа.example": ("Анна", "Петрова"),
    "li@ashfield.example": ("李", "小龍"),
}


def test_TX_01_name_that_resembles_no_other_is_not_flagged(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    for email, name in UNLIKE.items():
        assert "Warning" not in _check(app, ann, school, email, *name).text, email


def test_TX_01_characters_that_reorder_or_hide_letters_are_refused(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    page = _check(
        app,
        ann,
        school,
        f"bob{RLO}@ashfield.{ZERO_WIDTH}example",
        f"{RLO}Bob\u2066",
        f"De{ZERO_WIDTH}an",
    )
    page.submit()
    bob = facts.open_membership(school.id, EmailAddress.parse("bob@ashfield.example"))
    assert bob is not None
    assert (bob.email, bob.name) == ("bob@ashfield.example", "Bob Dean")
    named = ["--given-name", f"E{RLO}ve", "--organisation", school.public_id]
    app.test_cli_runner().invoke(
        args=["approvers", "appoint", f"eve{RLO}@ashfield.example", *named]
    )
    eve = facts.open_membership(school.id, EmailAddress.parse("eve@ashfield.example"))
    assert eve is not None
    assert (eve.email, eve.name) == ("eve@ashfield.example", "Eve")
    shown = browser(app, ann).get(path(school, "users")).html
    mails = "".join(text for _, text in world.mails("accounts/invitation"))
    assert not any(unicodedata.category(char) == "Cf" for char in shown + mails)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("paul", "pau1", True),
        ("paul", "pauI", True),
        ("Iris", "iris", True),
        ("burns", "bums", True),
        ("ada@xn--schle-mva.example", "ada@schüle.example", True),
        ("Zoë", "Zoe", False),
        ("Vivian", "Vivien", False),
        ("mary", "marry", False),
    ],
)
def test_TX_01_look_alike_recognises_confusable_texts(one: str, other: str, same: bool) -> None:
    assert look_alike(one, other) is same
    assert look_alike(other, one) is same


@pytest.mark.parametrize(
    ("text", "mixed"),
    [
        ("аdmins@school.example", True),
        ("Anna Петрова", False),
        ("ゆうタ郎", False),
        ("o'neil+1@school.example", False),
        ("ada@xn--dmin-53d.example", True),
    ],
)
def test_TX_01_mixes_alphabets_finds_words_of_two_alphabets(text: str, mixed: bool) -> None:
    assert mixes_alphabets(text) is mixed


SPELLINGS = [
    "ADA@SCHOOL.example",
    " ada@school.example ",
    "ada@school.example.",
    "ａｄａ@school.example",
    f"a{ZERO_WIDTH}da@school.example",
    f"{RLO}ada@school.example",
]


def test_TX_02_sign_in_invitation_command_and_reset_share_one_address_policy(
    app: Flask, person: Person, post: Post
) -> None:
    school = world.school()
    approver = browser(app, world.member(school, "hedy@school.example", approver=True))
    world.join(world.invited(school, person.email))
    for number, spelling in enumerate(SPELLINGS):
        page = Walker(app.test_client()).get("/sign-in").submit(email=spelling, password=PASSWORD)
        assert page.heading == "Enter the 6-digit code", spelling
        if number < MAILS_AN_HOUR:
            Walker(app.test_client()).get("/forgot-password").submit(email=spelling)
            resets = [mail for mail in post.all() if mail.template == "credentials/reset"]
            assert len(resets) == number + 1, spelling
        page = approver.get(path(school, "users", "new")).submit(email=spelling)
        assert "This person already belongs to the organisation" in page.text, spelling
        done = app.test_cli_runner().invoke(
            args=["approvers", "appoint", spelling, "--organisation", school.public_id]
        )
        assert "is now an approver" in done.output or "already an approver" in done.output


def test_TX_02_malformed_addresses_are_refused_everywhere(
    app: Flask, person: Person, school: Organisation, ann: Membership
) -> None:
    for address in ['"ada"@school.example', "ada@school", f"{'a' * 250}@school.example"]:
        page = Walker(app.test_client()).get("/sign-in").submit(email=address, password=PASSWORD)
        assert "Your email address or password is incorrect." in page.text, address
        page = Walker(app.test_client()).get("/forgot-password").submit(email=address)
        assert "There is a problem" in page.text, address
        page = browser(app, ann).get(path(school, "users", "new")).submit(email=address)
        assert "There is a problem" in page.text, address


def test_TX_02_plus_tags_stay_distinct(app: Flask, school: Organisation, ann: Membership) -> None:
    page = _check(app, ann, school, "ann+reports@ashfield.example")
    assert LOOKS not in page.text
    page.submit()
    assert (
        facts.open_membership(school.id, EmailAddress.parse("ann+reports@ashfield.example"))
        is not None
    )


NAMES = ["O'Neil", "李", "Zoë", "B", "W" * 100, "עדה", "Ada 👩🏽"]


def test_TX_03_names_are_stored_shown_and_sorted_unchanged(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    for number, name in enumerate(NAMES):
        entered = unicodedata.normalize("NFD", name)
        page = _check(app, ann, school, f"person{number}@ashfield.example", "Al", entered)
        page.submit()
        made = facts.open_membership(
            school.id, EmailAddress.parse(f"person{number}@ashfield.example")
        )
        assert made is not None
        assert unicodedata.normalize("NFC", made.family_name) == name
    page = browser(app, ann).get(path(school, "users") + "?sort=name")
    shown = unicodedata.normalize("NFC", page.text)
    places = [shown.index(f"Al {name}") for name in sorted(NAMES, key=str.casefold)]
    assert places == sorted(places)
    page = browser(app, ann).get(path(school, "users", "new"))
    page = page.submit(email="x@ashfield.example", given_name="Al", family_name="W" * 101)
    assert "Last name must be 100 characters or fewer" in page.text
