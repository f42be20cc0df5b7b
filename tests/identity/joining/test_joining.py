"""From the invitation's link to an account."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from app.retention import purge_expired
from approvals.terms.actions import publish
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation
from identity.email_address import EmailAddress
from identity.oidc.claims import of_person
from tests.identity.conftest import Post, audited
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker

EMAIL = "grace@school.example"


def invite(email: str = EMAIL) -> Invitation:
    with writing():
        return invitations.invite(
            EmailAddress.parse(email),
            "Grace",
            "Hopper",
            invited_by="Ada Byron",
            sender="",
            organisation_name="Oak School",
        )


def link(post: Post, email: str = EMAIL) -> str:
    """The path in the newest mail to that address."""
    found = re.search(r"http://localhost:8000(/\S+)", post.to(email)[-1])
    assert found
    return found.group(1)


def to_the_app(page: Page) -> Page:
    """From the first page to the one with the authenticator's code."""
    page = page.submit()
    assert page.heading == "Check your name"
    page = page.submit()
    assert page.heading == "Create a password"
    return page.submit(password=PASSWORD)


def code_of(page: Page) -> str:
    key = re.search(r'<code class="sa-key">([A-Z2-7 ]+)</code>', page.html)
    assert key
    return pyotp.TOTP(key.group(1).replace(" ", "")).generate_otp(int(now().timestamp()) // 30)


def join(client: FlaskClient, path: str) -> Page:
    page = to_the_app(Walker(client).get(path))
    return page.submit(code=code_of(page))


def test_invited_person_joins_and_is_signed_in(client: FlaskClient, post: Post) -> None:
    invitation = invite()
    page = Walker(client).get(link(post))
    assert page.heading == "You have been invited"
    assert "Ada Byron" in page.text
    assert EMAIL in page.text
    page = to_the_app(page)
    assert page.heading == "Set up your authenticator app"
    assert 'src="data:image/svg+xml' in page.html
    page = page.submit(code=code_of(page))
    assert page.heading == "Save your recovery codes"
    codes = re.findall(r'<code class="sa-key">([0-9a-z-]{19})</code>', page.html)
    assert len(set(codes)) == 10
    text = page.walker.get(page.link("Download the codes")).response
    assert text.headers["Content-Disposition"] == "attachment"
    assert all(code in text.get_data(as_text=True) for code in codes)
    page = page.submit()
    assert page.heading == "You have joined"
    account = db.session.scalars(select(Account).where(Account.email_key == EMAIL)).one()
    assert account.name == "Grace Hopper"
    assert account.joined_at is not None
    db.session.refresh(invitation)
    assert (invitation.state, invitation.account_id) == ("accepted", account.id)
    assert invitation.token_hash is None
    assert len(audited("account.joined")) == len(audited("invitation.accepted")) == 1
    assert Walker(client).get("/account").heading == "Your account"


def test_recovery_codes_are_shown_until_they_are_saved(client: FlaskClient, post: Post) -> None:
    invite()
    page = join(client, link(post))
    assert Walker(client).get(page.address).heading == "Save your recovery codes"
    page.submit()
    assert Walker(client).get(page.address).status == 404


def test_joining_includes_the_terms_of_the_platform(client: FlaskClient, post: Post) -> None:
    publish(
        "Use it kindly.",
        service=None,
        accept_again=True,
    )
    invite()
    page = join(client, link(post)).submit()
    assert "Use it kindly." in page.text
    assert page.submit(button="accept").heading == "You have joined"


def test_joining_stores_the_name_as_the_person_spells_it(client: FlaskClient, post: Post) -> None:
    invite()
    page = Walker(client).get(link(post)).submit()
    wrong = page.submit(given_name=" ", family_name="")
    assert "Enter first names, a last name or both" in wrong.text
    wrong = wrong.submit(given_name="Grace", family_name="www.evil.example")
    assert "Last name must not include @, www. or ://" in wrong.text
    page = wrong.submit(given_name="Grace  Brewster", family_name="Murray-Hopper")
    page = page.submit(password=PASSWORD)
    page.submit(code=code_of(page))
    account = db.session.scalars(select(Account).where(Account.email_key == EMAIL)).one()
    assert account.name == "Grace Brewster Murray-Hopper"


@pytest.mark.parametrize(
    ("given_name", "family_name", "claims"),
    [("Cher", "", {"given_name": "Cher"}), ("", "Cher", {"family_name": "Cher"})],
)
def test_join_page_accepts_one_name_and_claims_leave_the_other_out(
    client: FlaskClient, post: Post, given_name: str, family_name: str, claims: dict[str, str]
) -> None:
    invite()
    page = Walker(client).get(link(post)).submit()
    page = page.submit(given_name=given_name, family_name=family_name)
    back = Walker(client).get(page.address.replace("/password", "/details"))
    assert 'value="Hopper"' not in back.html, "the person's own answer, not the invitation's"
    page = page.submit(password=PASSWORD)
    assert page.submit(code=code_of(page)).heading == "Save your recovery codes"
    account = db.session.scalars(select(Account).where(Account.email_key == EMAIL)).one()
    told = of_person(account, {"profile"}, set())
    assert {"name": "Cher", **claims} == {
        name: value for name, value in told.items() if name.endswith("name")
    }


def test_joining_makes_no_account_before_a_right_code(client: FlaskClient, post: Post) -> None:
    invite()
    page = to_the_app(Walker(client).get(link(post)))
    page = page.submit(code="000000" if code_of(page) != "000000" else "111111")
    assert "The code is not right. Check your phone’s clock is set automatically." in page.text
    assert db.session.scalars(select(Account)).all() == []
    assert page.submit(code=code_of(page)).heading == "Save your recovery codes"


def test_invitation_link_begins_an_unfinished_journey_again(app: Flask, post: Post) -> None:
    invite()
    to_the_app(Walker(app.test_client()).get(link(post)))
    assert join(app.test_client(), link(post)).heading == "Save your recovery codes"


def test_joining_step_out_of_order_redirects_to_the_first_page(
    client: FlaskClient, post: Post
) -> None:
    invite()
    page = Walker(client).get(link(post))
    journey = page.address.partition("journey=")[2]
    for path in ("/join/password", "/join/second-step/app"):
        assert Walker(client).get(f"{path}?journey={journey}").heading == "You have been invited"


def test_person_with_an_account_signs_in_to_accept(
    client: FlaskClient, post: Post, person: Person
) -> None:
    invitation = invite(person.email)
    page = Walker(client).get(link(post, person.email))
    page = page.submit()
    assert page.heading.endswith("Sign in")
    assert f'value="{person.email}"' in page.html
    page = page.submit(email=person.email, password=PASSWORD).submit(code=person.code())
    assert page.heading == "You have been invited"
    assert page.submit().heading == "You have joined"
    db.session.refresh(invitation)
    assert (invitation.state, invitation.account_id) == ("accepted", person.account_id)


def test_invitation_mail_is_the_same_with_and_without_account(
    app: Flask, post: Post, person: Person
) -> None:
    invite(person.email)
    invite(EMAIL)
    texts = {re.sub(r"/invitation/\S+", "", post.to(email)[-1]) for email in (person.email, EMAIL)}
    assert len(texts) == 1


def test_invitations_of_one_person_are_accepted_in_turn(client: FlaskClient, post: Post) -> None:
    first, second = invite(), invite()
    paths = [re.findall(r"http://localhost:8000(/\S+)", text)[0] for text in post.to(EMAIL)]
    join(client, paths[0]).submit()
    page = Walker(client).get(paths[1])
    assert "You are signed in with this email address." in page.text
    assert page.submit().heading == "You have joined"
    db.session.refresh(first)
    db.session.refresh(second)
    assert first.account_id == second.account_id is not None


def test_not_me_page_ends_the_invitation(client: FlaskClient, post: Post) -> None:
    invitation = invite()
    path = link(post)
    page = Walker(client).get(path).submit("not-me")
    assert page.heading == "Thank you for telling us"
    db.session.refresh(invitation)
    assert invitation.state == "declined"
    assert Walker(client).get(page.address).heading == "Thank you for telling us"
    assert Walker(client).get("/join/declined?journey=x").status == 410
    assert Walker(client).get(path).heading == "This invitation link does not work"


def test_joining_page_of_an_expired_journey_leads_on_with_the_names_that_were_entered(
    client: FlaskClient, post: Post, clock: time_machine.Traveller
) -> None:
    invite()
    page = Walker(client).get(link(post)).submit()
    assert page.heading == "Check your name"
    page = page.submit(given_name="Grace", family_name="Hopper-Murray")
    clock.shift(timedelta(hours=4, minutes=1))
    purge_expired()
    page = page.submit(password="copper lantern hill 7")
    assert page.heading == "You have been invited"
    assert "You took longer than 4 hours." in page.text
    assert page.submit().form().values["family_name"] == "Hopper-Murray"


def test_expired_invitation_page_offers_a_new_one(
    client: FlaskClient, post: Post, clock: time_machine.Traveller
) -> None:
    invitation = invite()
    path = link(post)
    clock.shift(timedelta(days=14))
    page = Walker(client).get(path)
    assert page.heading == "This invitation has run out"
    assert page.submit().heading == "You have asked for a new invitation"
    assert Walker(client).get(path).heading == "You have asked for a new invitation"
    assert len(audited("invitation.renewal_asked")) == 1
    with writing():
        invitations.resend(invitation)
    assert Walker(client).get(link(post)).heading == "You have been invited"


def test_invitation_is_sent_again_corrected_and_withdrawn(client: FlaskClient, post: Post) -> None:
    invitation = invite("grcae@school.example")
    wrong = link(post, "grcae@school.example")
    with writing():
        invitations.correct(invitation, EmailAddress.parse(EMAIL))
    assert Walker(client).get(wrong).heading == "This invitation link does not work"
    right = link(post)
    assert Walker(client).get(right).heading == "You have been invited"
    with writing():
        invitations.withdraw(invitation)
    assert Walker(client).get(right).heading == "This invitation link does not work"
    with pytest.raises(RefusalError, match="answered or withdrawn"), writing():
        invitations.resend(invitation)


def test_joining_asks_for_sign_in_to_an_account_made_meanwhile(
    client: FlaskClient, post: Post
) -> None:
    invite()
    page = to_the_app(Walker(client).get(link(post)))
    make_person(EMAIL, "Grace", "Hopper")
    page = page.submit(code=code_of(page))
    assert page.heading == "You have been invited"
    assert page.submit().heading.endswith("Sign in")


def test_sign_in_after_joining_refuses_the_code_of_joining(
    app: Flask, post: Post, clock: time_machine.Traveller
) -> None:
    invite()
    page = to_the_app(Walker(app.test_client()).get(link(post)))
    code = code_of(page)
    page.submit(code=code)
    other = Walker(app.test_client()).get("/sign-in").submit(email=EMAIL, password=PASSWORD)
    assert "That code has been used." in other.submit(code=code).text


def test_sign_in_of_another_person_leaves_the_invitation_valid(
    client: FlaskClient, post: Post, person: Person
) -> None:
    invite()
    sign_in(client, person)
    page = Walker(client).get(link(post))
    assert page.heading == "This invitation is for somebody else"
    page = page.submit("sign-out")
    assert page.heading == "You have been invited"
    assert page.submit().heading == "Check your name"
