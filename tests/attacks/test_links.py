"""Attacks on links by mail, and mistakes with them: group LK of the security catalogue."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.actors import Actor
from app.clock import now
from app.database import db, writing
from app.outbox import OutboxMail
from app.refusal import RefusalError
from identity.accounts import invitations
from identity.accounts.models import Account
from identity.administration import suspension
from identity.credentials.models import PasswordReset
from identity.email_address import EmailAddress
from tests.deliveries import deliver_due
from tests.identity.conftest import Post, audited
from tests.identity.joining.test_joining import EMAIL, code_of, invite, join, link, to_the_app
from tests.identity.people import PASSWORD, Person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, race

NEW = "copper lantern hill 7"


def _ask(app: Flask, person: Person, post: Post) -> str:
    """The path of a fresh reset link."""
    Walker(app.test_client()).get("/forgot-password").submit(email=person.email)
    found = re.search(r"http://localhost:8000(/reset-password/\S+)", post.to(person.email)[-1])
    assert found
    return found.group(1)


def _over(page: Page) -> bool:
    return page.status == 410


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Host"])
def test_LK_01_forged_host_is_not_used_in_mails(
    app: Flask, person: Person, post: Post, header: str
) -> None:
    client = app.test_client()
    page = Walker(client).get("/forgot-password")
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    data = {**page.form().values, "email": person.email}
    answer = client.post("/forgot-password", data=data, headers={header: value})
    assert answer.status_code == (400 if header == "Host" else 303)
    assert "evil.example" not in "".join(post.to(person.email))


def test_LK_03_reset_link_works_once(app: Flask, person: Person, post: Post) -> None:
    path = _ask(app, person, post)
    first, second = Walker(app.test_client()).get(path), Walker(app.test_client()).get(path)
    assert first.submit(password=NEW).heading == "Password changed"
    assert _over(second.submit(password="another lantern hill 8"))
    assert _over(Walker(app.test_client()).get(path))


def _states(template: str) -> list[str]:
    """The states of the mails made from that template, oldest first."""
    mails = select(OutboxMail.state).where(OutboxMail.template == template)
    return list(db.session.scalars(mails.order_by(OutboxMail.id)))


def test_waiting_mail_is_withdrawn_when_a_newer_reset_link_is_sent(
    app: Flask, person: Person, post: Post
) -> None:
    _ask(app, person, post)
    _ask(app, person, post)
    assert _states("credentials/reset") == ["withdrawn", "waiting"]


def test_waiting_reset_mail_is_withdrawn_when_access_ends(
    app: Flask, person: Person, post: Post
) -> None:
    _ask(app, person, post)
    suspension.suspend(person.account, actor=Actor.command("test"))
    assert _states("credentials/reset") == ["withdrawn"]


def test_waiting_not_me_mail_is_withdrawn_after_a_reset_by_link(
    app: Flask, person: Person, post: Post
) -> None:
    sign_in(app.test_client(), person)
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        sign_in(app.test_client(), person)
        Walker(app.test_client()).get(_ask(app, person, post)).submit(password=NEW)
    assert _states("credentials/new_device") == ["withdrawn"]


def test_mail_is_not_sent_once_its_link_has_expired(app: Flask, person: Person, post: Post) -> None:
    _ask(app, person, post)
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        assert deliver_due() == 0
        failed = app.test_cli_runner().invoke(args=["mails", "failed"])
    assert "the link expired before the mail could be delivered" in failed.output


def test_LK_03_one_of_many_parallel_uses_of_a_reset_link_changes_the_password(
    app: Flask, person: Person, post: Post
) -> None:
    path = _ask(app, person, post)
    pages = [Walker(app.test_client()).get(path) for _ in range(THREADS)]
    done = race(app, lambda number: pages[number].submit(password=NEW).heading)
    assert done.count("Password changed") == 1
    assert len(audited("password.reset")) == 1


def test_LK_03_many_parallel_joins_by_one_link_make_one_account(app: Flask, post: Post) -> None:
    invite()
    pages = [to_the_app(Walker(app.test_client()).get(link(post))) for _ in range(THREADS)]
    done = race(app, lambda number: pages[number].submit(code=code_of(pages[number])).heading)
    assert done.count("Save your recovery codes") == 1
    assert len(db.session.scalars(select(Account)).all()) == 1


def test_LK_04_link_is_refused_a_second_after_its_end(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    invite()
    invitation, reset = link(post), _ask(app, person, post)
    page = Walker(app.test_client()).get(reset)
    joining = to_the_app(Walker(app.test_client()).get(invitation))
    clock.shift(timedelta(minutes=60, seconds=1))
    assert _over(page.submit(password=NEW))
    assert _over(Walker(app.test_client()).get(reset))
    clock.shift(timedelta(days=14))
    assert Walker(app.test_client()).get(invitation).heading == "This invitation has run out"
    late = joining.submit(code=code_of(joining))
    assert late.heading == "This invitation has run out"
    assert db.session.scalars(select(Account.email)).all() == [person.email]


def test_LK_05_newer_link_ends_the_older_one(app: Flask, person: Person, post: Post) -> None:
    older = _ask(app, person, post)
    opened = Walker(app.test_client()).get(older)
    newer = _ask(app, person, post)
    assert _over(Walker(app.test_client()).get(older))
    assert _over(opened.submit(password=NEW))
    assert Walker(app.test_client()).get(newer).submit(password=NEW).status == 200


def test_LK_05_changed_password_and_suspension_end_a_reset_link(
    app: Flask, client: FlaskClient, person: Person, post: Post
) -> None:
    path = _ask(app, person, post)
    sign_in(client, person)
    page = Walker(client).get("/account/password")
    page.submit(current_password=PASSWORD, password=NEW)
    assert _over(Walker(app.test_client()).get(path))
    another = _ask(app, person, post)
    suspension.suspend(person.account, actor=Actor.command("test"))
    assert _over(Walker(app.test_client()).get(another))
    suspension.restore(person.account, actor=Actor.command("test"))
    assert _over(Walker(app.test_client()).get(another))


def test_LK_05_correction_and_withdrawal_end_an_invitation_under_way(
    app: Flask, post: Post
) -> None:
    invitation = invite("grcae@school.example")
    page = to_the_app(Walker(app.test_client()).get(link(post, "grcae@school.example")))
    with writing():
        invitations.correct(invitation, EmailAddress.parse(EMAIL))
    assert _over(page.submit(code=code_of(page)))
    page = to_the_app(Walker(app.test_client()).get(link(post)))
    with writing():
        invitations.withdraw(invitation)
    assert _over(page.submit(code=code_of(page)))
    assert db.session.scalars(select(Account)).all() == []


def test_LK_06_reset_starts_no_session_and_ends_all_sessions(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    signed_in, client = app.test_client(), app.test_client()
    sign_in(signed_in, person)
    Walker(client).get(_ask(app, person, post)).submit(password=NEW)
    assert client.get("/account").status_code == 303
    assert signed_in.get("/account").status_code == 303
    assert post.to(person.email)[-1].startswith("Your Secure Access password was changed")
    page = Walker(client).get("/sign-in").submit(email=person.email, password=NEW)
    assert page.heading == "Enter the 6-digit code"


def test_LK_06_suspended_person_gets_no_reset_link(app: Flask, person: Person, post: Post) -> None:
    suspension.suspend(person.account, actor=Actor.command("test"))
    Walker(app.test_client()).get("/forgot-password").submit(email=person.email)
    assert "Your account is suspended" in post.to(person.email)[-1]
    assert "/reset-password/" not in post.to(person.email)[-1]


def test_LK_07_link_page_drops_the_token_from_its_address_and_loads_no_foreign_file(
    app: Flask, person: Person, post: Post
) -> None:
    invite()
    for path in (link(post), _ask(app, person, post)):
        walker = Walker(app.test_client())
        page = walker.get(path)
        token = path.rpartition("/")[2]
        assert token not in page.address
        assert token not in page.html
        for answer in walker.seen:
            assert "no-store" in answer.headers["Cache-Control"]
            assert answer.headers["Referrer-Policy"] == "same-origin"
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.html)


def test_LK_08_get_and_head_of_a_link_leave_it_valid(
    app: Flask, person: Person, post: Post
) -> None:
    invite()
    for path in (link(post), _ask(app, person, post)):
        for _ in range(5):
            scanner = app.test_client()
            assert scanner.head(path).status_code == 303
            assert Walker(scanner).get(path).status == 200
    assert join(app.test_client(), link(post)).heading == "Save your recovery codes"
    page = Walker(app.test_client()).get(_ask(app, person, post))
    assert page.submit(password=NEW).heading == "Password changed"


def test_LK_09_hundred_requests_send_five_mails_and_delay_no_other_person(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    page = Walker(app.test_client()).get("/forgot-password")
    shown = {page.submit(email=person.email).text for _ in range(100)}
    assert len(shown) == 1
    assert len(_states("credentials/reset")) == 5
    page.submit(email="nobody@school.example")
    assert len(post.to("nobody@school.example")) == 1
    clock.shift(timedelta(minutes=61))
    page.submit(email=person.email)
    assert len(_states("credentials/reset")) == 6


def test_LK_09_parallel_reset_requests_send_five_mails(
    app: Flask, person: Person, post: Post
) -> None:
    pages = [Walker(app.test_client()).get("/forgot-password") for _ in range(THREADS)]
    done = race(app, lambda number: pages[number].submit(email=person.email).heading)
    assert set(done) == {"Check your email"}
    assert 1 <= len(post.to(person.email)) <= 5
    open_links = select(PasswordReset).where(PasswordReset.superseded_at.is_(None))
    assert len(db.session.scalars(open_links).all()) == 1


def test_LK_11_token_is_refused_on_other_routes(app: Flask, person: Person, post: Post) -> None:
    invite()
    invitation = link(post).rpartition("/")[2]
    reset = _ask(app, person, post).rpartition("/")[2]
    client = app.test_client()
    for address in (
        f"/reset-password/{invitation}", f"/not-me/{invitation}", f"/invitation/{reset}",
        f"/not-me/{reset}", "/invitation/invented", f"/reset-password/{reset[:-1]}",
        f"/reset-password/{reset}x",
    ):  # fmt: skip
        assert _over(Walker(client).get(address)), address


def test_LK_11_journey_of_another_browser_is_refused(
    app: Flask, person: Person, post: Post
) -> None:
    invite()
    for path in (link(post), _ask(app, person, post)):
        page = Walker(app.test_client()).get(path)
        thief = Walker(app.test_client())
        assert _over(thief.get(page.address))


def test_LK_12_invitation_of_another_person_gives_a_signed_in_person_nothing(
    client: FlaskClient, person: Person, post: Post
) -> None:
    invitation = invite()
    sign_in(client, person)
    walker = Walker(client)
    page = walker.get(link(post))
    assert page.heading == "This invitation is for somebody else"
    journey = page.address.partition("journey=")[2]
    data = page.form("sign-out").values
    for step in ("", "/details", "/password", "/second-step/app"):
        answer = walker.post(f"/join{step}?journey={journey}", data)
        assert answer.heading == "This invitation is for somebody else"
    db.session.refresh(invitation)
    assert (invitation.state, invitation.account_id) == ("open", None)
    assert audited("invitation.refused")
    assert page.submit("sign-out").heading == "You have been invited"


def test_LK_14_unknown_form_fields_are_ignored(client: FlaskClient, post: Post) -> None:
    invite()
    extra = {
        "email": "eve@evil.example", "email_key": "eve@evil.example", "role": "operator",
        "organisation": "another", "user_group": "SUPER", "is_approver": "1", "state": "open",
        "suspended_at": "", "subject": "x", "totp_secret": "A" * 32, "secret": "A" * 32,
    }  # fmt: skip
    page = Walker(client).get(link(post))
    page = _submit(page, extra)
    page = _submit(page, extra)
    page = _submit(page, {**extra, "password": PASSWORD})
    page = _submit(page, {**extra, "code": code_of(page)})
    assert page.heading == "Save your recovery codes"
    account = db.session.scalars(select(Account)).one()
    assert (account.email, account.name) == (EMAIL, "Grace Hopper")
    assert account.subject != "x"


@pytest.mark.parametrize(
    "name",
    ["Eve\r\nBcc: eve@evil.example", "Eve%0aBcc: x", "Eve, <eve@evil.example>", '"Eve" <e@e.e>'],
)
def test_LK_15_names_cannot_add_recipients_or_headers(app: Flask, post: Post, name: str) -> None:
    """Names of people are refused when they are entered; those stored before go into mails too."""
    with writing():
        invitations.invite(
            EmailAddress.parse(EMAIL), "Eve", "", invited_by=name, sender="", organisation_name=name
        )
    mails = post.all()
    assert [mail.recipient for mail in mails] == [EMAIL]
    assert "\n" not in mails[0].subject
    assert "\r" not in mails[0].subject
    for address in ("eve@evil.example,ada@school.example", "ada@school.example\r\nBcc: e@e.e"):
        with pytest.raises(RefusalError, match="Enter an email address"):
            EmailAddress.parse(address)


def _submit(page: Page, values: dict[str, str]) -> Page:
    form = page.form()
    return page.walker.post(form.action, {**form.values, **values})
