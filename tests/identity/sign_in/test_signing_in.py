"""Signing in: password, then code or recovery code, then a session."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.database import writing
from identity.credentials import recovery_codes
from identity.sign_in.actions import MustWait
from tests.identity.conftest import Post, audited
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Walker

MISTAKE = "Your email address or password is incorrect."


def test_sign_in_with_password_and_code_starts_a_session(
    client: FlaskClient, person: Person
) -> None:
    page = sign_in(client, person, "/sign-in?next=/account")
    assert (page.status, page.heading) == (200, "Your account")
    assert person.email in page.text
    signed_in = audited("sign_in.succeeded")
    assert [row["subject"] for row in signed_in] == [person.subject]
    assert signed_in[0]["amr"] == ["pwd", "otp", "mfa"]
    assert signed_in[0]["acr"] == "urn:secure-access:aal2"


def test_sign_in_accepts_other_spellings_of_the_address(
    client: FlaskClient, person: Person
) -> None:
    person.email = "  ADA@School.Example "
    assert sign_in(client, person, "/sign-in?next=/account").heading == "Your account"


def test_sign_in_answers_wrong_password_and_unknown_address_alike(
    client: FlaskClient, person: Person
) -> None:
    page = Walker(client).get("/sign-in")
    for email, password in [
        (person.email, "not the password"),
        ("nobody@school.example", PASSWORD),
        ("", ""),
        ("no address at all", PASSWORD),
    ]:
        refused = page.submit(email=email, password=password)
        assert refused.status == 200
        assert refused.title.startswith("Error: Sign in")
        assert refused.text.count(MISTAKE) == 3  # summary and both fields
        assert 'value="' + password not in refused.html or not password
    assert len(audited("sign_in.password_refused")) == 4


def test_sign_in_page_keeps_the_address_and_drops_the_password(
    client: FlaskClient, person: Person
) -> None:
    page = Walker(client).get("/sign-in").submit(email=person.email, password="hunter2 hunter2")
    assert f'value="{person.email}"' in page.html
    assert "hunter2" not in page.html


def test_sign_in_cancelled_returns_to_the_service(client: FlaskClient) -> None:
    page = Walker(client).get("/sign-in").submit(button="cancel", follow=False)
    assert page.status == 303
    assert page.response.headers["Location"] == "/"


def test_MF_02_code_page_accepts_spaces_and_hyphens(client: FlaskClient, person: Person) -> None:
    page = Walker(client).get("/sign-in?next=/account")
    page = page.submit(email=person.email, password=PASSWORD)
    code = person.code()
    assert page.submit(code=f" {code[:3]}-{code[3:]} ").heading == "Your account"


def test_code_that_is_too_short_counts_as_no_attempt(client: FlaskClient, person: Person) -> None:
    page = Walker(client).get("/sign-in?next=/account")
    page = page.submit(email=person.email, password=PASSWORD)
    for _ in range(12):
        page = page.submit(code="12345")
        assert "Enter all 6 digits" in page.text
    assert page.submit(code=person.code()).heading == "Your account"
    assert audited("sign_in.code_refused") == []


def test_recovery_code_signs_in_once_and_sends_a_mail(
    app: Flask, client: FlaskClient, person: Person, post: Post
) -> None:
    with writing():
        codes = recovery_codes.replace(person.account_id)
    page = Walker(client).get("/sign-in?next=/account")
    page = page.submit(email=person.email, password=PASSWORD)
    page = page.walker.get(page.link("use a recovery code"))
    assert page.submit(code=codes[0].upper().replace("-", " ")).heading == "Your account"
    assert "9 recovery codes left" in post.to(person.email)[-1]
    again = Walker(app.test_client()).get("/sign-in?next=/account")
    again = again.submit(email=person.email, password=PASSWORD)
    again = again.walker.get(again.link("use a recovery code"))
    assert "The code is not right, or it has been used." in again.submit(code=codes[0]).text


def test_sign_in_returns_to_the_requested_page(client: FlaskClient, person: Person) -> None:
    page = sign_in(client, person, "/account/second-step?from=mail")
    assert page.heading == "Your second step"
    assert page.address.endswith("/account/second-step?from=mail")


def test_sign_in_page_redirects_a_signed_in_person(client: FlaskClient, person: Person) -> None:
    sign_in(client, person)
    page = Walker(client).get("/sign-in?next=/account")
    assert page.heading == "Your account"


def test_second_tab_continues_after_the_sign_in_of_the_first(
    client: FlaskClient, person: Person
) -> None:
    waiting = Walker(client).get("/sign-in?next=/account")
    sign_in(client, person)
    assert Walker(client).get(waiting.address).heading == "Your account"


def test_parallel_tabs_return_to_their_own_pages(client: FlaskClient, person: Person) -> None:
    first = Walker(client).get("/sign-in?next=/account")
    second = Walker(client).get("/sign-in?next=/account/sessions")
    first = first.submit(email=person.email, password=PASSWORD)
    second = second.submit(email=person.email, password=PASSWORD)
    assert second.submit(code=person.code()).heading == "Where you are signed in"
    assert first.submit(code=person.code()).heading == "Your account"


def test_account_page_shows_the_previous_sign_in(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(app.test_client(), person)
    clock.shift(timedelta(days=1, hours=2))
    page = sign_in(app.test_client(), person, "/account")
    assert "Last signed in 23 November 2026 at 9:00am" in page.text


def test_sign_in_on_a_new_device_sends_a_mail(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sign_in(client, person)
    assert post.to(person.email) == []  # the very first sign-in is no news
    Walker(client).get("/sign-out").submit()
    clock.shift(timedelta(minutes=5))
    sign_in(client, person)
    assert post.to(person.email) == []
    clock.shift(timedelta(minutes=5))
    sign_in(app.test_client(), person)
    assert post.to(person.email)[-1].startswith("You signed in to Secure Access on a new device")


def test_not_me_link_ends_all_sessions_and_asks_for_a_new_password(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    thief = app.test_client()
    sign_in(app.test_client(), person)
    clock.shift(timedelta(minutes=5))
    sign_in(thief, person)
    link = post.to(person.email)[-1].split("This was not me:\n")[1].split()[0]
    page = Walker(app.test_client()).get(link.removeprefix("http://localhost:8000"))
    assert page.heading == "Was this not you?"
    assert Walker(thief).get("/account").heading == "Your account"
    page = page.submit()
    assert page.heading == "Choose a new password"
    assert Walker(thief).get("/account").heading == "You need to sign in again"
    assert page.submit(password="copper lantern hill 7").text.startswith("Skip to main content")
    person.password = "copper lantern hill 7"
    clock.shift(timedelta(minutes=5))
    assert sign_in(app.test_client(), person, "/account").heading == "Your account"


def _mailed_link(post: Post, person: Person) -> str:
    mail = post.to(person.email)[-1]
    return mail.split("This was not me:\n")[1].split()[0].removeprefix("http://localhost:8000")


def test_not_me_link_is_void_after_a_reset_by_link(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    sign_in(app.test_client(), person)
    clock.shift(timedelta(minutes=5))
    sign_in(app.test_client(), person)
    link = _mailed_link(post, person)
    opened = Walker(app.test_client()).get(link)
    Walker(app.test_client()).get("/forgot-password").submit(email=person.email)
    reset = re.search(r"http://localhost:8000(/reset-password/\S+)", post.to(person.email)[-1])
    assert reset
    Walker(app.test_client()).get(reset.group(1)).submit(password="copper lantern hill 7")
    assert Walker(app.test_client()).get(link).status == 410
    assert opened.submit().status == 410


def test_not_me_link_makes_the_password_void(
    app: Flask, person: Person, post: Post, clock: time_machine.Traveller
) -> None:
    sign_in(app.test_client(), person)
    clock.shift(timedelta(minutes=5))
    sign_in(app.test_client(), person)
    Walker(app.test_client()).get(_mailed_link(post, person)).submit()
    page = Walker(app.test_client()).get("/sign-in")
    assert MISTAKE in page.submit(email=person.email, password=PASSWORD).text


def test_old_sign_in_is_confirmed_with_both_factors(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    clock.shift(timedelta(minutes=14))
    assert Walker(client).get("/account/password").heading == "Change your password"
    clock.shift(timedelta(minutes=2))
    page = Walker(client).get("/account/password")
    assert page.heading == "Confirm it is you"
    wrong = page.submit(password="not the password")
    assert "Your password is incorrect." in wrong.text
    page = wrong.submit(password=PASSWORD)
    assert page.heading == "Enter the 6-digit code"
    page = page.submit(code=person.code())
    assert page.heading == "Change your password"
    assert len(audited("sign_in.confirmed")) == 1


def test_second_sign_in_of_the_same_person_keeps_the_session_id(
    client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    sign_in(client, person)
    before = audited("sign_in.succeeded")[0]["sid"]
    clock.shift(timedelta(minutes=20))
    page = Walker(client).get("/sign-in/confirm-it-is-you?next=/account")
    page.submit(password=PASSWORD).submit(code=person.code())
    assert audited("sign_in.confirmed")[0]["sid"] == before


def test_sign_in_of_another_person_ends_the_session_of_the_first(
    app: Flask, client: FlaskClient, person: Person, clock: time_machine.Traveller
) -> None:
    other = make_person("grace@school.example", "Grace", "Hopper")
    sign_in(client, person)
    page = Walker(client).get("/sign-out")
    assert page.heading == "Sign out"
    page.submit(button="sign_out")
    clock.shift(timedelta(minutes=1))
    page = sign_in(client, other, "/account")
    assert other.email in page.text
    assert person.email not in page.text


def test_wait_is_shown_in_whole_minutes() -> None:
    assert MustWait(timedelta(seconds=61)).minutes == 2
    assert MustWait(timedelta(seconds=0.2)).seconds == 1
    assert now().tzinfo is not None


def test_start_page_links_to_the_sign_in_page(client: FlaskClient) -> None:
    page = Walker(client).get("/")
    assert page.heading == "Sign in to education services"
    assert "/sign-in" in client.get("/").text


def test_start_page_redirects_a_signed_in_person_home(client: FlaskClient, person: Person) -> None:
    sign_in(client, person)
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (303, "/start")
