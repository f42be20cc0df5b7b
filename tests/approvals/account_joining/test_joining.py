"""Two accounts of one person: proved in one browser, shown to operators, joined by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import end_of_day, now, today
from app.database import db, writing
from app.days import in_words
from app.refusal import RefusalError
from approvals.account_joining import actions, facts
from approvals.decision.decision import decide
from approvals.memberships import facts as members
from approvals.memberships import stand_ins
from approvals.memberships.actions import make_approver, name_stand_in
from approvals.memberships.models import Membership
from approvals.operators.actions import add_operator, appointments, remove_operator
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Agreement
from approvals.settings import Settings
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.administration import suspension
from identity.sessions.models import Session
from tests.approvals import world
from tests.conftest import settings
from tests.identity.conftest import Post
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import race
from wsgi import cli

ASH, ELM = "ada@ashfield.example", "ada@elm.example"
BROWSER = "b" * 64


@dataclass
class Scene:
    """Ada has an account at each of two schools. Olive and Otto are operators."""

    kept: Person
    other: Person
    ashfield: Organisation
    elm: Organisation
    olive: Account
    otto: Account

    def account(self, person: Person) -> Account:
        return db.session.get_one(Account, person.account_id, populate_existing=True)

    def memberships(self, person: Person) -> list[tuple[str, list[str], bool]]:
        found = db.session.scalars(
            select(Membership)
            .where(Membership.account_id == person.account_id, Membership.open)
            .order_by(Membership.id)
        )
        return [(each.email, world.held(each), world.approves(each)) for each in found]

    def membership(self, person: Person) -> Membership:
        return db.session.scalars(
            select(Membership).where(Membership.account_id == person.account_id, Membership.open)
        ).one()

    def proved(self) -> str:
        """Prove both accounts, and return the id of the request."""
        actions.begin(self.kept.account_id, BROWSER)
        begun = facts.begun_in(BROWSER, self.other.account_id)
        assert begun is not None
        actions.prove_other(begun.public_id, self.other.account_id, BROWSER)
        return begun.public_id


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(database_url, mail_directory=tmp_path / "mail")


@pytest.fixture
def scene(app: Flask) -> Scene:
    ashfield = world.school()
    elm = world.organisation("Elm School", urn="100002")
    kept, other = make_person(ASH, "Ada", "Byron"), make_person(ELM, "Ada", "King")
    world.member(ashfield, "ann@ashfield.example", approver=True)
    world.member(ashfield, ASH, "School_Anon")
    world.member(elm, ELM, "School_Named", approver=True)
    return Scene(
        kept,
        other,
        ashfield,
        elm,
        world.operator(),
        world.operator("otto@operators.example"),
    )


def _sign_in(client: FlaskClient, person: Person) -> Walker:
    sign_in(client, person)
    return Walker(client)


def _join_page(walker: Walker) -> Page:
    return walker.get(walker.get("/account").link("Join"))


def test_person_proves_both_accounts_in_one_browser_and_two_operators_join_them(
    app: Flask, client: FlaskClient, scene: Scene
) -> None:
    page = _join_page(_sign_in(client, scene.kept)).submit("/account/join")
    assert f"The account {ASH} is proved" in page.text
    page.walker.get("/sign-out").submit(button="sign_out")
    page = _join_page(_sign_in(client, scene.other))
    assert f"{ASH} stays" in page.text
    page = page.submit("/account/join/")
    assert "Both accounts are proved" in page.text
    for operator, button in ((scene.olive, "Agree"), (scene.otto, "Join the accounts")):
        seen = world.browser(app, operator).get("/ops/joinings")
        seen = seen.walker.get(seen.link("Ada Byron"))
        assert "password, authenticator app" in seen.text
        assert "School Performance: School Named" in seen.text
        assert button in seen.text
        seen.submit()
    assert scene.memberships(scene.kept) == [
        (ASH, ["School_Anon"], False),
        (ASH, ["School_Named"], True),
    ]
    assert scene.memberships(scene.other) == []
    assert scene.account(scene.other).closed_at is not None
    assert sorted(to for to, _ in world.mails("account_joining/joined")) == [ASH, ELM]


def test_access_of_both_accounts_is_that_of_the_kept_one_from_the_joining_on(
    scene: Scene,
) -> None:
    joining, before = scene.proved(), now()
    for operator in (scene.olive, scene.otto):
        actions.agree_to_joining(joining, actor_of(operator))
    kept, other = scene.account(scene.kept), scene.account(scene.other)
    assert decide(kept, world.SERVICE, scene.elm, now()).allowed
    assert not decide(other, world.SERVICE, scene.elm, now()).allowed
    assert decide(other, world.SERVICE, scene.elm, before).allowed
    assert not decide(kept, world.SERVICE, scene.elm, before).allowed


def test_one_operator_does_not_join_accounts_that_both_have_access(scene: Scene) -> None:
    joining, olive = scene.proved(), actor_of(scene.olive)
    assert actions.agree_to_joining(joining, olive) is Agreement.FIRST_OF_TWO
    with pytest.raises(RefusalError, match="has been decided"):
        actions.agree_to_joining(joining, olive)
    assert scene.account(scene.other).active


def test_pages_show_an_agreement_only_while_it_counts(app: Flask, scene: Scene) -> None:
    joining, reader = scene.proved(), world.browser(app, scene.otto)
    actions.agree_to_joining(joining, actor_of(scene.olive))
    assert "one operator has agreed" in reader.get("/ops/joinings").text
    assert "One has agreed." in reader.get(f"/ops/joinings/{joining}").text
    remove_operator(scene.olive.address, actor=world.COMMAND)
    assert "has agreed" not in reader.get("/ops/joinings").text
    page = reader.get(f"/ops/joinings/{joining}")
    assert "One has agreed." not in page.text
    assert "Agree" in page.text


def test_agreement_of_a_former_operator_does_not_count(scene: Scene) -> None:
    joining, oona = scene.proved(), world.operator("oona@operators.example")
    assert actions.agree_to_joining(joining, actor_of(scene.olive)) is Agreement.FIRST_OF_TWO
    remove_operator(scene.olive.address, actor=world.COMMAND)
    assert actions.agree_to_joining(joining, actor_of(scene.otto)) is Agreement.FIRST_OF_TWO
    assert scene.account(scene.other).active
    assert actions.agree_to_joining(joining, actor_of(oona)) is Agreement.DECIDED


def test_one_operator_joins_an_account_without_membership(scene: Scene) -> None:
    scene.other = make_person("ada@home.example", "Ada", "Home")
    joining = scene.proved()
    assert actions.agree_to_joining(joining, actor_of(scene.olive)) is Agreement.DECIDED
    assert scene.account(scene.other).closed_at is not None
    assert scene.memberships(scene.kept) == [(ASH, ["School_Anon"], False)]


def test_membership_in_a_shared_organisation_is_not_doubled(scene: Scene) -> None:
    world.member(scene.ashfield, ELM, "School_Named")
    joining = scene.proved()
    for operator in (scene.olive, scene.otto):
        actions.agree_to_joining(joining, actor_of(operator))
    assert scene.memberships(scene.kept) == [
        (ASH, ["School_Anon"], False),
        (ASH, ["School_Named"], True),
    ]
    assert all("Ashfield School" in text for _, text in world.mails("account_joining/joined"))


def test_spell_of_a_stand_in_continues_with_the_kept_account(app: Flask, scene: Scene) -> None:
    eve = world.member(scene.elm, "eve@elm.example", approver=True)
    sam = make_person("sam@elm.example", "Sam", "King")
    member = world.member(scene.elm, sam.email)
    last_day = today() + timedelta(days=9)
    name_stand_in(member, first_day=today(), last_day=last_day, actor=world.acting(eve))
    scene.other = sam
    joining = scene.proved()
    seen = world.browser(app, scene.olive).get(f"/ops/joinings/{joining}")
    assert "stand-in" in seen.text
    for operator in (scene.olive, scene.otto):
        actions.agree_to_joining(joining, actor_of(operator))
    assert members.active_approvers(scene.elm.id).stand_ins == {scene.kept.account_id}
    (spell,) = stand_ins.spells_of(scene.elm, now())
    assert spell.stand_in.valid_to == end_of_day(last_day)


def test_stand_in_who_alone_can_approve_is_joined(scene: Scene) -> None:
    ada = world.who(scene.membership(scene.other))
    sam = make_person("sam@elm.example", "Sam", "King")
    member = world.member(scene.elm, sam.email)
    name_stand_in(member, first_day=today(), last_day=today(), actor=actor_of(ada))
    with writing():
        ada.suspended_at = now()
    scene.other = sam
    joining = scene.proved()
    for operator in (scene.olive, scene.otto):
        actions.agree_to_joining(joining, actor_of(operator))
    assert members.active_approvers(scene.elm.id).stand_ins == {scene.kept.account_id}


def test_invitation_to_be_an_operator_ends_with_the_account(scene: Scene) -> None:
    add_operator(scene.account(scene.other).address, actor=world.COMMAND)
    joining = scene.proved()
    for operator in (scene.olive, scene.otto):
        actions.agree_to_joining(joining, actor_of(operator))
    assert [account.subject for _, account in appointments() if account is not None] == [
        scene.olive.subject,
        scene.otto.subject,
    ]
    assert len(appointments()) == 2


def test_PR_09_last_approver_of_a_shared_organisation_is_not_joined_away(scene: Scene) -> None:
    world.member(scene.elm, ASH, "School_Anon")
    with pytest.raises(RefusalError, match="only approver of Elm School"):
        scene.proved()
    (there,) = db.session.scalars(
        select(Membership).where(
            Membership.account_id == scene.kept.account_id,
            Membership.organisation_id == scene.elm.id,
        )
    )
    make_approver(there, actor=world.COMMAND)
    assert scene.proved()


def test_account_of_an_operator_is_not_joined(scene: Scene) -> None:
    world.make_operator(scene.account(scene.other))
    with pytest.raises(RefusalError, match="account of an operator"):
        scene.proved()


def test_account_that_became_an_operator_while_waiting_is_not_joined(scene: Scene) -> None:
    joining = scene.proved()
    world.make_operator(scene.account(scene.other))
    with pytest.raises(RefusalError, match="account of an operator"):
        actions.agree_to_joining(joining, actor_of(scene.olive))


@pytest.mark.parametrize("minutes", [0, 31])
def test_other_account_is_proved_in_the_same_browser_within_30_minutes(
    scene: Scene, minutes: int
) -> None:
    actions.begin(scene.kept.account_id, BROWSER)
    begun = facts.begun_in(BROWSER, scene.other.account_id)
    assert begun is not None
    with time_machine.travel(now() + timedelta(minutes=minutes), tick=True):
        browser = BROWSER if minutes else "c" * 64
        with pytest.raises(RefusalError, match="Begin again"):
            actions.prove_other(begun.public_id, scene.other.account_id, browser)


@pytest.mark.parametrize("same_browser", [True, False])
def test_request_that_was_not_completed_is_begun_again(
    app: Flask, client: FlaskClient, scene: Scene, same_browser: bool
) -> None:
    _join_page(_sign_in(client, scene.kept)).submit("/account/join")
    again = client if same_browser else app.test_client()
    with time_machine.travel(now() + timedelta(minutes=31), tick=True):
        page = _join_page(_sign_in(again, scene.kept)).submit("/account/join")
    assert f"The account {ASH} is proved" in page.text


@pytest.mark.parametrize("first_browser", [BROWSER, "c" * 64])
def test_last_account_that_a_person_began_with_is_kept(scene: Scene, first_browser: str) -> None:
    actions.begin(scene.other.account_id, first_browser)
    joining = scene.proved()
    assert facts.state_of(scene.kept.account_id, BROWSER).proves is None
    for operator in (scene.olive, scene.otto):
        actions.agree_to_joining(joining, actor_of(operator))
    assert scene.account(scene.other).closed_at is not None


def test_both_proofs_need_a_fresh_sign_in(client: FlaskClient, scene: Scene) -> None:
    walker = _sign_in(client, scene.kept)
    page = walker.get("/account/join")
    with time_machine.travel(now() + timedelta(minutes=20), tick=True):
        assert page.submit("/account/join").heading == "Confirm it is you"
    assert facts.open_about(scene.account(scene.kept)) is None


def test_joining_is_stopped_by_this_was_not_me_of_either_account(app: Flask, scene: Scene) -> None:
    joining = scene.proved()
    text = Post().to(ELM)[-1]
    link = next(word for word in text.split() if "/not-me/" in word)
    page = Walker(app.test_client()).get(link[link.index("/not-me/") :])
    assert "the joining of your accounts is stopped" in page.text
    page.submit()
    with pytest.raises(RefusalError, match="has been decided"):
        actions.agree_to_joining(joining, actor_of(scene.olive))


def test_operator_refuses_with_a_reason_for_both_addresses(app: Flask, scene: Scene) -> None:
    page = world.browser(app, scene.olive).get(f"/ops/joinings/{scene.proved()}")
    page = page.walker.get(page.link("Refuse the request")).submit(reason="Two people")
    assert "The request is refused" in page.text
    assert [(to, "Two people" in text) for to, text in world.mails("account_joining/refused")] == [
        (ASH, True),
        (ELM, True),
    ]


def test_sessions_of_the_closed_account_end_and_those_of_the_kept_one_last(
    app: Flask, scene: Scene
) -> None:
    for person in (scene.kept, scene.other):
        sign_in(app.test_client(), person)
    joining = scene.proved()
    for operator in (scene.olive, scene.otto):
        actions.agree_to_joining(joining, actor_of(operator))
    lasting = db.session.scalars(select(Session.account_id).where(Session.ended_at.is_(None))).all()
    assert set(lasting) == {scene.kept.account_id}


def test_command_is_the_second_decision_of_a_sole_operator(app: Flask, scene: Scene) -> None:
    joining = scene.proved()
    arguments = ["accounts", "join", joining, "--reason", "Seen both passports"]
    refused = CliRunner().invoke(cli, arguments)
    assert "There are two operators who can act." in refused.output
    suspension.suspend(scene.otto, actor=world.COMMAND)
    actions.agree_to_joining(joining, actor_of(scene.olive))
    done = CliRunner().invoke(cli, arguments)
    assert "The accounts are joined." in done.output
    assert scene.account(scene.other).closed_at is not None


def test_PR_08_forty_agreements_at_once_join_once(app: Flask, scene: Scene) -> None:
    joining = scene.proved()
    operators = [actor_of(scene.olive), actor_of(scene.otto)]

    def act(number: int) -> str:
        try:
            return actions.agree_to_joining(joining, operators[number % 2]).name
        except RefusalError:
            return "refused"

    results = race(app, act)
    assert sorted(each for each in results if each != "refused") == ["DECIDED", "FIRST_OF_TWO"]
    assert len(scene.memberships(scene.kept)) == 2
    assert len(world.audited("account.joined_accounts")) == 1


def test_session_from_an_organisations_provider_proves_no_account(
    client: FlaskClient, scene: Scene
) -> None:
    """An administrator of the provider could otherwise join anybody's account with theirs."""
    walker = _sign_in(client, scene.kept)
    with writing() as session:
        for row in session.scalars(select(Session)):
            row.connection, row.organisations = "a-provider", []
    assert "own-factors" in walker.get("/account/join").address
    assert facts.open_about(scene.account(scene.kept)) is None


def _end_undecided(days: float) -> None:
    with time_machine.travel(now() + timedelta(days=days), tick=True):
        actions.end_undecided()
    db.session.expire_all()


def test_request_that_no_operator_decides_ends_after_14_days_with_one_mail_to_each_address(
    scene: Scene,
) -> None:
    scene.proved()
    _end_undecided(13.9)
    assert not world.mails("account_joining/undecided")
    _end_undecided(14.1)
    _end_undecided(14.2)
    mails = world.mails("account_joining/undecided")
    assert sorted(to for to, _ in mails) == [ASH, ELM]
    assert "within 14 days" in mails[0][1]
    (ended,) = world.audited("account.joining_ended")
    assert (ended.actor, ended.subject) == ("system", scene.kept.subject)


def test_undecided_request_is_ended_by_forty_workers_with_one_mail_to_each_address(
    app: Flask, scene: Scene
) -> None:
    scene.proved()
    with time_machine.travel(now() + timedelta(days=14.1), tick=True):
        race(app, lambda _number: actions.end_undecided())
    assert len(world.mails("account_joining/undecided")) == 2


def test_request_with_one_account_ends_without_a_mail(scene: Scene) -> None:
    actions.begin(scene.kept.account_id, BROWSER)
    _end_undecided(14.1)
    assert not world.mails("account_joining/undecided")
    assert not world.audited("account.joining_ended")


def test_person_who_begins_again_before_the_worker_gets_the_mail_about_the_undecided_request(
    scene: Scene,
) -> None:
    scene.proved()
    with time_machine.travel(now() + timedelta(days=14.1), tick=True):
        actions.begin(scene.kept.account_id, BROWSER)
        actions.end_undecided()
    assert len(world.mails("account_joining/undecided")) == 2


def test_page_says_when_a_request_ends_and_that_it_ended_undecided(
    app: Flask, scene: Scene
) -> None:
    scene.proved()
    end = in_words(now() + timedelta(days=14))
    shown = world.browser(app, scene.account(scene.other)).get("/account/join").text
    assert f"decide by {end}" in shown
    with time_machine.travel(now() + timedelta(days=15), tick=True):
        for person in (scene.kept, scene.other):
            shown = world.browser(app, scene.account(person)).get("/account/join").text
            assert f"Your request ended on {end} because no operator had decided it." in shown
