"""Acts that need a recent sign-in: kept, confirmed and completed, once and by one person only."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.routing import Rule
from wtforms import PasswordField

from app.clock import now
from app.database import db, writing
from app.web.authorisation import anyone, rule_of
from app.web.forms import Form
from approvals.memberships.models import Membership
from approvals.operators.models import Operator
from approvals.organisations.models import Organisation
from identity.credentials import registry
from identity.oidc.client_administration import actions as clients
from identity.sessions.kept_posts import CREDENTIAL_FIELDS, MOST_PER_SESSION
from identity.sessions.models import KeptPost, Session
from identity.sessions.step_up import FreshSignIn
from tests.approvals import world
from tests.approvals.world import path
from tests.conftest import ISSUER
from tests.identity.people import Person, make_person
from tests.identity.walking import Page, Walker

AT_ONCE = 40
WRITING = {"POST", "PUT", "PATCH", "DELETE"}
CLIENT = {
    "client_name": "Rates",
    "redirect_uris": ["https://rates.example/cb"],
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "client_secret_basic",
    "scope": "openid",
}
FRESH = {
    # Factors.
    "credentials.add_passkey",
    "credentials.app",
    "credentials.app_to_prove",
    "credentials.begin_app",
    "credentials.begin_passkey",
    "credentials.change_password",
    "credentials.codes_question",
    "credentials.make_codes",
    "credentials.passkey",
    "credentials.passkey_name",
    "credentials.passkey_removal",
    "credentials.passkey_to_add",
    "credentials.remove_passkey",
    "credentials.rename_passkey",
    "credentials.submit_app",
    "credentials.submit_change_password",
    # Addresses.
    "own_account.change_email",
    "own_account.confirm_email",
    "own_account.submit_confirm_email",
    "own_account.submit_email",
    "memberships.change_address",
    "memberships.invitation_correct",
    # Approvers made and stopped.
    "console.appoint_check",
    "console.end_proposal",
    "console.proposal",
    "home.approver_offer",
    "memberships.add_check",
    "memberships.approver_hand_over",
    "memberships.approver_make",
    "memberships.approver_stop",
    "memberships.propose_approver_check",
    "memberships.stand_in_check",
    "memberships.stand_in_end",
    # Access that needs two people.
    "memberships.refuse_waiting_access",
    "memberships.waiting_access",
    # People suspended, restored and removed.
    "console.restore",
    "console.suspend",
    "memberships.invitation_withdraw",
    "memberships.leave_organisation",
    "memberships.remove",
    "memberships.reopen",
    "memberships.suspend",
    "memberships.undo",
    # The second step of another person.
    "console.end_second_step_reset",
    "console.open_access",
    "console.second_step",
    "memberships.end_second_step_reset",
    "memberships.open_access",
    "memberships.second_step",
    # Clients and their secrets.
    "clients.disable",
    "clients.enable",
    "clients.register",
    "clients.rotate_secret",
    # Organisations' own sign-ins.
    "federation.change",
    "federation.connect",
    "federation.domains",
    "federation.prove",
    "federation.remove_domain",
    "federation.switch_off",
    "federation.switch_on",
    "upstream.link",
    "upstream.submit_link",
    "upstream.unlink",
    "upstream.unlinking",
    # Exports.
    "reports.user_groups_csv",
    "reports.user_groups_json",
    # Data of one's own.
    "account_closing.close",
    # Two accounts that become one.
    "account_joining.begin",
    "account_joining.decide",
    "account_joining.prove",
    "account_joining.refuse",
    "own_data.download",
    "own_data.page",
}
"""Every route that is nothing without a recent sign-in."""
OPEN = {
    # Steps on the way to an act, which change nothing themselves.
    "clients.check",
    "console.appoint",
    "console.appoint_again",
    "memberships.access",
    "memberships.access_again",
    "memberships.add",
    "memberships.add_access",
    "memberships.add_details",
    "memberships.propose_approver",
    "memberships.propose_approver_again",
    "memberships.stand_in",
    # Everyday acts: a user group, an invitation sent again to the same address.
    "memberships.access_check",
    "memberships.invitation_resend",
    "memberships.link_sign_in",
    # Requests for access: one's own, and decisions about everyday user groups.
    "access_requests.check",
    "access_requests.decide",
    "access_requests.new",
    "access_requests.withdraw",
    "console.request_for_access",
    # A link to the mailbox of its person only.
    "console.invitation_resend",
    "console.send_reset_link",
    "memberships.send_reset_link",
    # Personal details that give no access.
    "own_account.submit_name",
    "mail_preferences.task_mails",
    # Acts that only end access of one's own.
    "home.give_up",
    "account_closing.stop",
    "account_joining.stop",
    "sessions.end",
    "sessions.end_others",
    "sessions.forget_device",
    # The reset of one's own second step, which is stopped.
    "recovery.stop_own_reset",
    "sessions.keep_draft",
    "sessions.stay_signed_in",
    # A question to a provider, which changes nothing.
    "federation.check",
    # Steps of signing in and of entering a service.
    "credentials.saved_codes",
    "oidc.choose_organisation",
    "recovery.ask_for_reset",
    "sign_in.confirm_with_passkey",
    "sign_in.submit_code",
    "sign_in.submit_confirm",
    "sign_in.submit_passkey",
    "sign_in.submit_recovery_code",
    "sign_in.submit_terms",
}
"""Every other route at which a signed-in person posts a form: an older sign-in will do."""


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Person:
    """An approver with a password and an authenticator app."""
    person = make_person("ann@ashfield.example", "Ann", "Dean")
    world.member(school, person.email, approver=True)
    world.member(school, "second@ashfield.example", approver=True)
    return person


@pytest.fixture
def bob(school: Organisation, ann: Person) -> Membership:
    return world.member(school, "bob@ashfield.example", given_name="Bob", family_name="Dean")


@pytest.fixture
def olive(app: Flask) -> Person:
    """An operator with a password and an authenticator app."""
    person = make_person("olive@operators.example", "Olive", "Operator")
    with writing() as session:
        session.add(
            Operator(
                account_id=person.account_id,
                email=person.email,
                email_key=person.email,
                appointed_by="test",
                valid_from=world.LONG_AGO,
                joined_at=world.LONG_AGO,
            )
        )
    return person


def browser(app: Flask, person: Person) -> Walker:
    return world.browser(app, person.account)


def grow_old(person: Person) -> None:
    """Let five hours pass since the person's sign-in."""
    with writing() as session:
        session.execute(
            update(Session)
            .where(Session.account_id == person.account_id)
            .values(auth_time=now() - timedelta(hours=5))
        )


def confirm(page: Page, person: Person, *, follow: bool = True) -> Page:
    assert page.heading == "Confirm it is you", page.text
    page = page.submit(password=person.password)
    return page.submit(code=person.code(), follow=follow)


def is_member(membership: Membership) -> bool:
    return db.session.get_one(Membership, membership.id, populate_existing=True).valid_to is None


def routes(app: Flask) -> Iterator[tuple[Rule, FreshSignIn]]:
    for route in app.url_map.iter_rules():
        rule = rule_of(app, route.endpoint)
        if isinstance(rule, FreshSignIn):
            yield route, rule


def test_sensitive_routes_all_require_a_recent_sign_in(app: Flask) -> None:
    assert {route.endpoint for route, _ in routes(app)} == FRESH


def test_other_routes_of_signed_in_people_are_all_listed(app: Flask) -> None:
    posting = {
        route.endpoint
        for route in app.url_map.iter_rules()
        if WRITING & (route.methods or set()) and rule_of(app, route.endpoint) is not anyone
    }
    assert posting - FRESH == OPEN


def test_routes_that_store_a_post_all_have_a_page_at_their_address(app: Flask) -> None:
    pages = {route.rule for route, _ in routes(app) if "GET" in (route.methods or ())}
    assert {route.rule for route, _ in routes(app)} == pages


def test_forms_with_a_field_for_a_credential_are_not_stored(app: Flask) -> None:
    forms: list[type[Form]] = [Form]
    for form in forms:
        forms.extend(form.__subclasses__())
    names = {
        name
        for form in forms
        for name, field in vars(form).items()
        if name == "code" or getattr(field, "field_class", None) is PasswordField
    }
    pages = [page for _, page in registry.second_steps()]
    assert names | {page.field for page in pages} | {"credential"} == CREDENTIAL_FIELDS


def test_removal_with_an_older_sign_in_is_completed_after_confirming(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    page = walker.get(path(school, "users", bob.public_id, "remove"))
    assert page.heading.startswith("Remove"), "the page itself opens"
    page = page.submit()
    assert is_member(bob)
    page = confirm(page, ann)
    assert page.address.endswith(path(school, "users", bob.public_id, "removed"))
    assert not is_member(bob)
    assert len(world.audited("membership.removed")) == 1


def test_confirmation_cancelled_returns_to_the_page_of_the_form(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    page = walker.get(path(school, "users", bob.public_id, "remove")).submit()
    page = page.submit(button="cancel")
    assert page.heading.startswith("Remove")
    assert is_member(bob)


@pytest.mark.parametrize(
    ("referrer", "heading"),
    [
        (f"{ISSUER}/account", "Your account"),
        (f"{ISSUER}/account?kept=1", "Your account"),
        (f"{ISSUER}/account/second-step/app", "Ashfield School"),
        (f"{ISSUER}/nowhere", "Ashfield School"),
        ("https://evil.example/account", "Ashfield School"),
        (f"{ISSUER}//evil.example/", "Ashfield School"),
        ("http://localhost:8000@evil.example/account", "Ashfield School"),
    ],
)
def test_confirmation_cancelled_returns_to_the_page_with_the_link(
    app: Flask, ann: Person, referrer: str, heading: str
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    page = walker.get("/account/password", follow=True, Referer=referrer)
    page = page.submit(button="cancel")
    assert page.heading == heading, page.text


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_confirmation_cancels_at_pages_of_this_service_only(
    app: Flask, ann: Person, address: str
) -> None:
    page = browser(app, ann).get("/sign-in/confirm-it-is-you?" + urlencode({"cancel": address}))
    location = page.submit(button="cancel", follow=False).response.headers["Location"]
    assert "evil.example" not in location


def test_suspension_with_an_older_sign_in_ends_on_its_confirmation(
    app: Flask, olive: Person, bob: Membership
) -> None:
    walker = browser(app, olive)
    grow_old(olive)
    subject = world.who(bob).subject
    page = confirm(walker.get(f"/ops/people/{subject}/suspend").submit(), olive)
    assert page.address.endswith(f"/ops/people/{subject}")
    assert "Bob Dean is suspended and signed out everywhere" in page.text
    assert world.who(bob).suspended_at is not None


def test_approver_with_an_older_sign_in_is_made_after_confirming(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    page = walker.get(path(school, "users", bob.public_id, "approver", "make")).submit()
    assert not world.approves(bob)
    page = confirm(page, ann)
    assert world.approves(bob)
    assert "Bob Dean is now an approver." in page.text


def test_client_secret_with_an_older_sign_in_is_issued_after_confirming(
    app: Flask, olive: Person
) -> None:
    client_id = clients.register(CLIENT, grant_types=("authorization_code",))["client_id"]
    before = clients.find(client_id).secret_hash
    walker = browser(app, olive)
    grow_old(olive)
    page = walker.get(f"/ops/clients/{client_id}/secret").submit()
    assert clients.find(client_id).secret_hash == before
    page = confirm(page, olive)
    db.session.expire_all()
    assert clients.find(client_id).secret_hash != before
    assert "/ops/clients/answers/" in page.address


def test_mistake_in_a_kept_form_is_shown_on_its_own_page(app: Flask, olive: Person) -> None:
    walker = browser(app, olive)
    grow_old(olive)
    page = walker.get("/ops/clients/new").submit(
        client_name="Rates & Co", redirect_uris="ftp://rates.example"
    )
    page = confirm(page, olive)
    assert page.address.partition("?")[0].endswith("/ops/clients/new")
    assert page.form("").values["client_name"] == "Rates & Co"
    assert page.title.startswith("Error: ")


def test_user_is_added_with_an_older_sign_in_and_an_approver_is_not(
    app: Flask, school: Organisation, ann: Person
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    for email, approver in (("cy@ashfield.example", ""), ("di@ashfield.example", "y")):
        page = walker.get(path(school, "users", "new"))
        page = page.submit(email=email, given_name="Cy", family_name="Dean", approver=approver)
        assert page.address.endswith("/check")
        page = page.submit()
        assert page.heading == ("Confirm it is you" if approver else "Invitation sent")
        if approver:
            assert confirm(page, ann).heading == "Invitation sent"


def test_export_with_an_older_sign_in_is_downloaded_after_confirming(
    app: Flask, school: Organisation, olive: Person
) -> None:
    walker = browser(app, olive)
    grow_old(olive)
    page = walker.get("/ops/reports/user-groups.csv?as_of=2026-01-01")
    page = confirm(page, olive)
    assert page.response.mimetype == "text/csv"


def test_kept_post_waits_for_the_confirmation(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    address = path(school, "users", bob.public_id, "remove")
    walker.get(address).submit()
    kept = db.session.scalars(select(KeptPost)).one()
    assert walker.get(f"{address}?kept={kept.public_id}").heading.startswith("Remove")
    assert is_member(bob)


def test_kept_post_of_another_person_is_not_completed(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    address = path(school, "users", bob.public_id, "remove")
    walker = browser(app, ann)
    grow_old(ann)
    walker.get(address).submit()
    kept = db.session.scalars(select(KeptPost)).one()
    cy = world.member(school, "cy@ashfield.example", approver=True)
    other = world.browser(app, cy)
    assert other.get(f"{address}?kept={kept.public_id}").heading.startswith("Remove")
    assert is_member(bob)


def test_kept_post_is_completed_at_its_own_address_only(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    cy = world.member(school, "cy@ashfield.example", given_name="Cy")
    walker = browser(app, ann)
    grow_old(ann)
    page = walker.get(path(school, "users", bob.public_id, "remove")).submit()
    kept = db.session.scalars(select(KeptPost)).one()
    page = page.submit(password=ann.password)
    page.submit(code=ann.code(), follow=False)
    other = path(school, "users", cy.public_id, "remove")
    assert walker.get(f"{other}?kept={kept.public_id}").heading.startswith("Remove")
    assert is_member(cy)
    assert is_member(bob)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Purpose": "prefetch;prerender"}]
)
def test_kept_post_is_not_completed_for_another_site_or_a_prefetch(
    app: Flask, school: Organisation, ann: Person, bob: Membership, headers: dict[str, str]
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    address = path(school, "users", bob.public_id, "remove")
    page = walker.get(address).submit().submit(password=ann.password)
    ending = page.submit(code=ann.code(), follow=False).response.headers["Location"]
    walker.client.get(ending, headers=headers)
    assert is_member(bob)
    walker.get(ending)
    assert not is_member(bob)


def test_kept_post_is_completed_once_by_forty_requests(
    app: Flask, school: Organisation, ann: Person, olive: Person
) -> None:
    walker = browser(app, olive)
    client_id = clients.register(CLIENT, grant_types=("authorization_code",))["client_id"]
    grow_old(olive)
    page = walker.get(f"/ops/clients/{client_id}/secret").submit().submit(password=olive.password)
    ending = page.submit(code=olive.code(), follow=False).response.headers["Location"]
    cookies = "; ".join(
        f"{cookie.key}={cookie.value}"
        for cookie in walker.client._cookies.values()  # type: ignore[union-attr]
    )

    def open_ending(_: int) -> int:
        client = app.test_client(use_cookies=False)
        return client.get(ending, headers={"Cookie": cookies}).status_code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        statuses = list(threads.map(open_ending, range(AT_ONCE)))
    assert set(statuses) <= {200, 303}
    assert len(world.audited("client.secret_rotated")) == 1
    assert walker.get(ending).address.partition("?")[0].count("/ops/clients/answers/") == 1


def test_forged_post_is_not_kept(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    walker.post(path(school, "users", bob.public_id, "remove"), {"csrf_token": "x"})
    assert db.session.scalar(select(func.count()).select_from(KeptPost)) == 0


def test_kept_post_is_encrypted_and_holds_no_token(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    walker.get(path(school, "users", bob.public_id, "remove")).submit(note="tulip")
    kept = db.session.scalars(select(KeptPost)).one()
    assert "tulip" not in kept.sealed
    assert bob.public_id not in kept.sealed


def test_form_with_a_credential_or_above_16_kb_is_not_kept(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    page = walker.get(path(school, "users", bob.public_id, "remove"))
    for name, value in (("password", "tulip"), ("code", "123456"), ("note", "x" * 16 * 1024)):
        asked = walker.post(page.address, {**page.form().values, name: value})
        assert asked.heading == "Confirm it is you"
    assert db.session.scalar(select(func.count()).select_from(KeptPost)) == 0


def test_kept_posts_of_a_session_are_ten_at_most(
    app: Flask, school: Organisation, ann: Person, bob: Membership
) -> None:
    walker = browser(app, ann)
    grow_old(ann)
    page = walker.get(path(school, "users", bob.public_id, "remove"))
    for _ in range(MOST_PER_SESSION + 3):
        page.submit(follow=False)
    assert db.session.scalar(select(func.count()).select_from(KeptPost)) == MOST_PER_SESSION
