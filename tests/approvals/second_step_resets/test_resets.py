"""The reset of a lost second step, from the request to the new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.actors import Actor
from app.after_restore import end_revived
from app.clock import now
from app.database import db, writing
from app.refusal import Refusal, RefusalError
from approvals.decision.decision import decide_by_id
from approvals.memberships.actions import remove_member, stop_approver
from approvals.memberships.queries import approvers_of
from approvals.memberships.suspension import closed_organisations
from approvals.pending_decisions.decisions import Agreement
from approvals.pending_decisions.models import PendingDecision
from approvals.second_step_resets import actions, rules
from approvals.settings import Settings
from identity.accounts.queries import account_with_id
from identity.administration import suspension
from identity.credentials import recovery_codes
from identity.credentials.models import Passkey
from identity.sessions.models import Session
from identity.upstream.models import Connection, Domain
from tests.approvals import world
from tests.approvals.second_step_resets.recovery import (
    A_DAY,
    ALL_CHECKS,
    Lost,
    app_page,
    decide,
    link_of,
    lost_second_step,
    no_second_step,
    of_operator,
    opening_link,
    password_page,
    secret_on,
    set_up_app,
    use_link,
)
from tests.identity.credentials.authenticator import Authenticator
from tests.identity.credentials.passkey_pages import options_on
from tests.identity.people import make_person, sign_in
from tests.identity.walking import Walker
from tests.races import THREADS, race

COMMAND = Actor.command("accounts reset-second-step")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def lost(app: Flask) -> Lost:
    return lost_second_step()


def allowed(lost: Lost, where: str) -> bool:
    db.session.expire_all()
    return decide_by_id(lost.account.id, world.SERVICE, where, now()).decision.allowed


def refused_with(refusal: Refusal) -> pytest.RaisesExc[RefusalError]:
    return pytest.raises(RefusalError, match=refusal.sentence[:40])


def test_request_is_filed_after_the_password_and_announced(app: Flask, lost: Lost) -> None:
    page = no_second_step(app, lost.person)
    assert page.heading == "If you cannot show your second step"
    page = page.submit("no-second-step")
    assert "You asked for a reset on 23 November 2026" in page.text
    assert [row.actor for row in world.audited("second_step_reset.asked")] == [
        lost.person.subject
    ] * 2
    recipients = {to for to, _ in world.mails("second_step_resets/for_decider")}
    assert recipients == {"ann@ashfield.example", "bea@briar.example"}
    assert link_of("second_step_resets/for_person", lost.person.email) is not None


def test_request_without_the_password_is_not_possible(app: Flask, lost: Lost) -> None:
    page = Walker(app.test_client()).get("/sign-in/no-second-step")
    assert page.heading == "Sign in"
    assert db.session.scalar(select(PendingDecision.id)) is None


def test_request_reaches_operators_where_an_organisation_has_few_approvers(lost: Lost) -> None:
    world.operator()
    actions.ask(lost.account)
    recipients = {to for to, _ in world.mails("second_step_resets/for_decider")}
    assert "olive@operators.example" in recipients


def test_request_reaches_no_operator_where_each_organisation_has_two_approvers(
    lost: Lost,
) -> None:
    world.operator()
    world.member(lost.ashfield, "abe@ashfield.example", approver=True)
    world.member(lost.briar, "bo@briar.example", approver=True)
    actions.ask(lost.account)
    recipients = {to for to, _ in world.mails("second_step_resets/for_decider")}
    assert len(recipients) == 4
    assert "olive@operators.example" not in recipients


def test_second_request_changes_nothing_and_sends_no_mail(lost: Lost) -> None:
    actions.ask(lost.account)
    before = len(world.mails("second_step_resets/for_decider"))
    actions.ask(lost.account)
    assert len(world.mails("second_step_resets/for_decider")) == before


def test_fourth_request_in_a_day_is_refused(lost: Lost) -> None:
    for _ in range(rules.MOST_REQUESTS):
        actions.ask(lost.account)
        assert actions.stop(lost.account)
    with refused_with(rules.TOO_MANY_REQUESTS):
        actions.ask(lost.account)


def test_forty_requests_at_once_file_one(app: Flask, lost: Lost) -> None:
    key = lost.person.account_id
    race(app, lambda _: actions.ask(account_with_id(key)))
    assert len(db.session.scalars(select(PendingDecision)).all()) == 1
    assert len(world.mails("second_step_resets/for_person")) == 1


def test_decision_of_forty_approvers_at_once_counts_once(app: Flask, lost: Lost) -> None:
    actors = [
        world.acting(world.member(lost.ashfield, f"a{n}@ashfield.example", approver=True))
        for n in range(4)
    ]
    actions.ask(lost.account)
    key, place = lost.person.account_id, lost.ashfield.id

    def act(number: int) -> bool:
        try:
            actions.decide(
                account_with_id(key),
                actors[number % 4],
                organisation=db.session.get_one(type(lost.ashfield), place),
                checked=ALL_CHECKS,
            )
        except RefusalError as error:
            return error.refusal != rules.TOO_LATE
        return True

    assert race(app, act).count(True) == 1
    assert len({row.actor for row in world.audited("second_step_reset.decided")}) == 1


def test_reset_takes_effect_a_day_after_the_decision_and_not_before(
    lost: Lost, clock: time_machine.Traveller
) -> None:
    actions.ask(lost.account)
    clock.shift(timedelta(hours=3))
    decide(lost, lost.ann)
    clock.shift(A_DAY - timedelta(seconds=1))
    actions.take_effect()
    assert opening_link(lost.person) is None
    clock.shift(timedelta(seconds=1))
    actions.take_effect()
    assert opening_link(lost.person) is not None


def test_link_is_sent_once_by_forty_workers(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    race(app, lambda _: actions.take_effect())
    assert len(world.mails("recovery/second_step_link")) == 1
    assert len(world.audited("second_step_reset.link_sent")) == 2  # for each organisation


def test_link_and_password_replace_every_second_step(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    with writing():
        codes = recovery_codes.replace(lost.person.account_id)
    old_secret = lost.person.secret
    browser = app.test_client()
    sign_in(browser, lost.person)
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    page = use_link(app, lost.person)
    assert page.heading == "Save your recovery codes"
    assert lost.person.secret != old_secret
    assert codes[0] not in page.text
    assert "sign in" in Walker(browser).get("/account").heading
    clock.shift(timedelta(minutes=2))
    assert sign_in(app.test_client(), lost.person, "/account").heading == "Your account"
    clock.shift(timedelta(minutes=2))
    page = password_page(app, lost.person)
    page = page.walker.get(page.link("use a recovery code"))
    assert "The code is not right" in page.submit(code=codes[0]).text
    assert lost.account.subject == lost.person.subject


def test_link_replaces_passkeys_too(app: Flask, lost: Lost, clock: time_machine.Traveller) -> None:
    with writing() as session:
        session.add(
            Passkey(
                account_id=lost.person.account_id,
                credential_id="lost",
                public_key="key",
                sign_count=0,
                transports=[],
                aaguid="",
                backup_eligible=False,
                backed_up=False,
                name="Lost phone",
            )
        )
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    use_link(app, lost.person)
    assert db.session.scalars(select(Passkey)).all() == []


def test_link_without_the_password_changes_nothing(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    link = opening_link(lost.person)
    assert link is not None
    page = Walker(app.test_client()).get(link).submit(password="wrong kettle orbit")
    assert "Your password is incorrect." in page.text
    assert sign_in(app.test_client(), lost.person, "/account").heading == "Your account"


def test_link_in_a_browser_with_a_session_of_the_person_begins_another_session(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    client = app.test_client()
    sign_in(client, lost.person)
    link = opening_link(lost.person)
    assert link is not None
    page = Walker(client).get(link).submit(password=lost.person.password)
    page = set_up_app(app_page(page))[0]
    assert page.heading == "Save your recovery codes"
    sessions = db.session.scalars(select(Session).order_by(Session.id)).all()
    assert [session.ended_cause for session in sessions] == ["second step reset", None]


def test_link_where_the_organisation_forbids_passwords_needs_a_session_of_its_provider(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    client = app.test_client()
    sign_in(client, lost.person)
    with writing() as session:
        connection = Connection(
            name="Ashfield account",
            issuer="https://id.ashfield.example",
            client_id="secure-access",
            sealed_secret="none",
            organisations=[lost.ashfield.public_id],
            own_factors_forbidden=True,
        )
        connection.domains = [Domain(domain="ashfield.example", challenge="none", proven_at=now())]
        session.add(connection)
    link = opening_link(lost.person)
    assert link is not None
    page = Walker(app.test_client()).get(link)
    for password in (lost.person.password, "another one entirely 9"):
        answer = page.submit(password=password)
        assert "Sign in with your organisation’s account first" in answer.text
        assert "/passkey" not in answer.address
    assert not world.audited("sign_in.password_refused")
    page = Walker(client).get(link).submit(password=lost.person.password)
    page = set_up_app(app_page(page))[0]
    assert page.heading == "Save your recovery codes", page.text


def test_LK_03_link_is_used_once_by_forty_browsers(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    link = opening_link(lost.person)
    assert link is not None
    answers = []
    for number in range(THREADS):
        page = Walker(app.test_client()).get(link).submit(password=lost.person.password)
        if number % 2:
            answers.append((page, {"credential": Authenticator().create(options_on(page))}))
            continue
        page = app_page(page)
        answers.append((page, {"code": pyotp.TOTP(secret_on(page)).now()}))
    statuses = race(app, lambda n: answers[n][0].submit(follow=False, **answers[n][1]).status)
    assert sorted(statuses) == [303] + [410] * (THREADS - 1)
    assert len(world.audited("second_step.replaced")) == 1


def test_link_survives_a_mail_scanner(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    link = opening_link(lost.person)
    assert link is not None
    for _ in range(5):
        app.test_client().head(link)
        app.test_client().get(link)
    assert use_link(app, lost.person).heading == "Save your recovery codes"


def test_password_set_by_link_meanwhile_ends_the_set_up_that_was_open(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    link = opening_link(lost.person)
    assert link is not None
    page = app_page(Walker(app.test_client()).get(link).submit(password=lost.person.password))
    Walker(app.test_client()).get("/forgot-password").submit(email=lost.person.email)
    reset = link_of("credentials/reset", lost.person.email)
    assert reset is not None
    Walker(app.test_client()).get(reset).submit(password="copper lantern hill 7")
    assert set_up_app(page)[0].status == 410


def test_access_elsewhere_stays_closed_until_an_approver_there_agrees(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    assert allowed(lost, lost.briar.public_id)
    use_link(app, lost.person)
    assert allowed(lost, lost.ashfield.public_id)
    assert not allowed(lost, lost.briar.public_id)
    at_closing = now()
    assert [to for to, _ in world.mails("second_step_resets/access_closed")] == [
        "bea@briar.example"
    ]
    clock.shift(timedelta(hours=1))
    with refused_with(rules.NO_AUTHORITY):
        actions.agree_to_access(
            lost.account, lost.briar, world.acting(lost.ann), checked=ALL_CHECKS
        )
    actions.agree_to_access(lost.account, lost.briar, world.acting(lost.bea), checked=ALL_CHECKS)
    assert allowed(lost, lost.briar.public_id)
    past = decide_by_id(lost.account.id, world.SERVICE, lost.briar.public_id, at_closing)
    assert not past.decision.allowed


def test_approver_of_a_closed_membership_cannot_act(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    """Two operators reset an approver; the other approver there has to agree first."""
    olive, otto = world.operator(), world.operator("otto@operators.example")
    cy = world.member(lost.briar, "cy@briar.example", approver=True)
    person = make_person("dee@briar.example", "Dee", "Dean")
    dee = world.member(lost.briar, person.email, approver=True, given_name="Dee")
    for each in (olive, otto):
        actions.decide(person.account, of_operator(each), organisation=None, checked=ALL_CHECKS)
    clock.shift(A_DAY)
    actions.take_effect()
    use_link(app, person)
    assert person.account not in approvers_of(lost.briar.id)
    page = world.browser(app, dee).get(world.path(lost.briar, "users"))
    assert page.status == 404
    actions.agree_to_access(person.account, lost.briar, world.acting(cy), checked=ALL_CHECKS)
    assert world.browser(app, dee).get(world.path(lost.briar, "users")).status == 200


def test_owner_stops_the_reset_from_a_session(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    client = app.test_client()
    page = sign_in(client, lost.person, "/sign-in?next=/account/second-step-reset")
    assert "is going to be reset on 24 November 2026" in page.text
    page = page.submit("")
    assert "The reset is stopped" in page.text
    clock.shift(A_DAY)
    actions.take_effect()
    assert opening_link(lost.person) is None


def test_owner_stops_the_reset_by_the_link_of_the_mail(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    link = link_of("second_step_resets/for_person", lost.person.email)
    assert link is not None
    page = Walker(app.test_client()).get(link)
    assert "the reset of your second step is stopped" in page.text
    page.submit()
    clock.shift(A_DAY)
    actions.take_effect()
    assert opening_link(lost.person) is None
    assert "incorrect" in password_page(app, lost.person).text


def test_owner_stops_the_reset_after_the_link_was_sent(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    link = opening_link(lost.person)
    assert link is not None
    assert actions.stop(lost.account)
    assert Walker(app.test_client()).get(link).status == 410


def test_stop_and_effect_at_once_leave_no_link_of_a_stopped_reset(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    key = lost.person.account_id

    def act(number: int) -> None:
        if number % 2:
            actions.take_effect()
        else:
            actions.stop(account_with_id(key))

    race(app, act)
    actions.stop(lost.account)
    link = opening_link(lost.person)
    assert link is None or Walker(app.test_client()).get(link).status == 410


def test_organisation_that_the_person_left_is_not_closed_to_them(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    use_link(app, lost.person)
    assert closed_organisations(lost.account) == [lost.briar]
    remove_member(lost.at_briar, actor=COMMAND)
    assert closed_organisations(lost.account) == []


def test_request_that_ran_out_is_recorded_before_the_next_one(
    lost: Lost, clock: time_machine.Traveller
) -> None:
    actions.ask(lost.account)
    clock.shift(rules.UNDECIDED)
    actions.ask(lost.account)
    assert len(world.audited("second_step_reset.expired")) == 2
    assert len(world.audited("second_step_reset.asked")) == 4


def test_approver_refuses_a_request_with_a_reason(lost: Lost) -> None:
    actions.ask(lost.account)
    actions.end_by_decider(
        lost.account, world.acting(lost.ann), organisation=lost.ashfield, reason="I do not know you"
    )
    assert "I do not know you" in world.mails("second_step_resets/for_person")[-1][1]
    ended = db.session.scalars(select(PendingDecision)).one()
    assert (ended.ending, ended.end_reason) == ("refused", "I do not know you")


def test_request_ends_after_two_weeks_without_a_decision(
    lost: Lost, clock: time_machine.Traveller
) -> None:
    actions.ask(lost.account)
    clock.shift(rules.UNDECIDED)
    with refused_with(rules.TOO_LATE):
        actions.end_by_decider(
            lost.account, world.acting(lost.ann), organisation=lost.ashfield, reason="Late"
        )
    actions.take_effect()
    assert db.session.scalars(select(PendingDecision)).one().ending == "expired"
    actions.ask(lost.account)


def test_suspended_person_gets_no_link_until_they_are_restored(
    lost: Lost, clock: time_machine.Traveller
) -> None:
    decide(lost, lost.ann)
    suspension.suspend(lost.account, actor=COMMAND)
    clock.shift(A_DAY)
    actions.take_effect()
    assert opening_link(lost.person) is None
    suspension.restore(lost.account, actor=COMMAND)
    actions.take_effect()
    assert opening_link(lost.person) is not None


@pytest.mark.parametrize("missing", ALL_CHECKS)
def test_decision_without_one_of_the_checks_is_refused(lost: Lost, missing: str) -> None:
    checked = [each for each in ALL_CHECKS if each != missing]
    with refused_with(rules.NOT_CHECKED):
        actions.decide(
            lost.account, world.acting(lost.ann), organisation=lost.ashfield, checked=checked
        )


def test_approver_who_was_stopped_meanwhile_cannot_decide(lost: Lost) -> None:
    world.member(lost.ashfield, "abe@ashfield.example", approver=True)
    stop_approver(lost.ann, actor=COMMAND)
    with refused_with(rules.NO_AUTHORITY):
        decide(lost, lost.ann)


def test_reset_of_the_only_operator_needs_the_command_on_the_server(lost: Lost) -> None:
    olive = world.operator()
    with refused_with(rules.OWN_RESET):
        actions.decide(olive, of_operator(olive), organisation=None, checked=ALL_CHECKS)
    assert actions.decide_by_command(olive, COMMAND, "Lost phone, met in person")
    assert world.audited("second_step_reset.decided")[-1].detail["reason"].startswith("Lost phone")


def test_command_alone_resets_the_only_operator_who_is_an_approver_too(lost: Lost) -> None:
    olive = world.operator()
    world.member(lost.briar, olive.email, approver=True)
    assert actions.decide_by_command(olive, COMMAND, "Lost phone, met in person")
    assert world.audited("second_step_reset.decided")


def test_command_is_refused_where_another_operator_can_decide(lost: Lost) -> None:
    olive = world.operator()
    world.operator("otto@operators.example")
    with refused_with(rules.ENOUGH_OPERATORS):
        actions.decide_by_command(olive, COMMAND, "Lost phone")


def test_command_is_the_second_of_two_where_one_operator_exists(lost: Lost) -> None:
    olive = world.operator()
    actions.decide(world.who(lost.ann), of_operator(olive), organisation=None, checked=ALL_CHECKS)
    assert not world.audited("second_step_reset.decided")
    assert actions.decide_by_command(world.who(lost.ann), COMMAND, "Called her school office")
    assert world.audited("second_step_reset.decided")


def test_one_operator_alone_cannot_reset_an_approver(lost: Lost) -> None:
    olive = world.operator()
    world.operator("otto@operators.example")
    ann = world.who(lost.ann)
    actions.decide(ann, of_operator(olive), organisation=None, checked=ALL_CHECKS)
    with refused_with(rules.TOO_LATE):
        actions.decide(ann, of_operator(olive), organisation=None, checked=ALL_CHECKS)
    assert not world.audited("second_step_reset.decided")


def test_agreement_of_a_suspended_operator_does_not_count(lost: Lost) -> None:
    olive, otto = world.operator(), world.operator("otto@operators.example")
    world.operator("oona@operators.example")
    ann = world.who(lost.ann)
    actions.decide(ann, of_operator(olive), organisation=None, checked=ALL_CHECKS)
    suspension.suspend(olive, actor=COMMAND)
    outcome = actions.decide(ann, of_operator(otto), organisation=None, checked=ALL_CHECKS)
    assert outcome is Agreement.FIRST_OF_TWO
    assert not world.audited("second_step_reset.decided")


def test_two_operators_at_once_reset_an_approver_together(app: Flask, lost: Lost) -> None:
    actors = [of_operator(world.operator(f"o{n}@operators.example")) for n in range(2)]
    key = world.who(lost.ann).id

    def act(number: int) -> str:
        try:
            return actions.decide(
                account_with_id(key), actors[number % 2], organisation=None, checked=ALL_CHECKS
            ).name
        except RefusalError as error:
            return error.refusal.code

    outcomes = race(app, act)
    assert outcomes.count("FIRST_OF_TWO") == 1
    assert outcomes.count("DECIDED") == 1
    assert outcomes.count("too_late") == THREADS - 2
    row = db.session.scalars(select(PendingDecision)).one()
    assert row.first_agreed_by != row.decided_by


def test_sessions_of_the_person_all_end_with_the_reset(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    world.session_of(lost.account)
    decide(lost, lost.ann)
    clock.shift(A_DAY)
    actions.take_effect()
    use_link(app, lost.person)
    open_sessions = select(Session).where(
        Session.account_id == lost.person.account_id, Session.ended_at.is_(None)
    )
    assert len(db.session.scalars(open_sessions).all()) == 1


def test_delay_follows_the_setting(
    app: Flask, app_settings: Settings, lost: Lost, clock: time_machine.Traveller
) -> None:
    assert app_settings.second_step_reset_hours == 24
    decide(lost, lost.ann)
    row = db.session.scalars(select(PendingDecision)).one()
    assert row.takes_effect_at == now() + timedelta(hours=app_settings.second_step_reset_hours)


def test_second_reset_closes_access_of_a_person_who_was_removed_and_added_again(
    app: Flask, lost: Lost, clock: time_machine.Traveller
) -> None:
    member = lost.at_briar
    for _ in range(2):
        decide(lost, lost.ann)
        clock.shift(A_DAY)
        actions.take_effect()
        use_link(app, lost.person)
        assert not allowed(lost, lost.briar.public_id)
        remove_member(member, actor=COMMAND)
        clock.shift(timedelta(minutes=1))
        member = world.member(lost.briar, lost.person.email, "School_Named")
        assert allowed(lost, lost.briar.public_id)


def test_restored_backup_brings_no_reset_back(lost: Lost, clock: time_machine.Traveller) -> None:
    decide(lost, lost.ann)
    report = end_revived()
    assert report.ended["resets of the second step"] == 1
    clock.shift(A_DAY)
    actions.take_effect()
    assert opening_link(lost.person) is None
    assert end_revived().ended["resets of the second step"] == 0
