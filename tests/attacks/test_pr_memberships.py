"""Rights that nobody may give himself, or give beyond what he may give (group PR)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.decision import no_access
from approvals.memberships import facts, invitation_port, rules
from approvals.memberships.actions import (
    add_member,
    change_user_group,
    leave,
    make_approver,
    remove_member,
    resend_invitation,
    stop_approver,
)
from approvals.memberships.models import Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.accounts.models import Invitation
from identity.accounts.sent_invitation import sent_invitation
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path
from tests.races import THREADS, race


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def cal(school: Organisation) -> Membership:
    return world.member(school, "cal@ashfield.example", approver=True, given_name="Cal")


def outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except RefusalError as error:
        return error.refusal.code
    return "done"


@pytest.mark.parametrize("group", ["LA_Named", "DfE_Named", "Super_User", "MAT_Named", "No_Such"])
def test_PR_01_02_user_groups_that_the_organisation_may_not_hold_are_refused(
    app: Flask, school: Organisation, ann: Membership, group: str
) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    walker = browser(app, ann)
    page = walker.get(path(school, "users", bob.public_id, "access", SERVICE))
    assert page.submit(groups=group).title.startswith("Error: ")
    page = walker.get(path(school, "users", "new"))
    page = page.submit(
        email="new@ashfield.example",
        given_name="New",
        family_name="Person",
        group_school_performance=group,
    )
    assert page.title.startswith("Error: ")
    assert (
        outcome(
            lambda: change_user_group(
                bob, service=SERVICE, user_groups=[group], actor=world.acting(ann)
            )
        )
        == "not_offered"
    )
    assert (
        outcome(
            lambda: add_member(
                school,
                email=EmailAddress.parse("x@ashfield.example"),
                given_name="X",
                family_name="Y",
                access={SERVICE: [group]},
                actor=world.acting(ann),
            )
        )
        == "not_offered"
    )
    assert world.held(bob) == ["School_Anon"]


def test_PR_01_user_group_that_the_organisation_lost_meanwhile_is_refused(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    page = browser(app, ann).get(path(school, "users", bob.public_id, "access", SERVICE))
    page = page.submit(groups="School_Named")
    with writing() as session:
        session.get_one(Organisation, school.id).kind = Kind.SINGLE_ACADEMY_TRUST.value
    page.submit()
    assert world.held(bob) == []


def test_PR_01_second_user_group_of_a_service_is_refused(
    school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    both = ["School_Named", "School_Anon"]
    assert (
        outcome(
            lambda: change_user_group(bob, service=SERVICE, user_groups=both, actor=world.COMMAND)
        )
        == "too_many"
    )


def test_PR_03_approver_cannot_give_themselves_a_user_group_beside_another_approver(
    app: Flask, school: Organisation, ann: Membership, cal: Membership
) -> None:
    walker = browser(app, ann)
    page = walker.get(path(school, "users", ann.public_id))
    assert "You cannot give yourself a user group" in page.text
    page = walker.get(path(school, "users", ann.public_id, "access", SERVICE))
    page = page.submit(groups="School_Named").submit()
    assert "You cannot give yourself a user group" in page.text
    assert world.held(ann) == []


def test_PR_03_removed_approver_cannot_add_themselves_again(
    app: Flask, school: Organisation, ann: Membership, cal: Membership
) -> None:
    world.member(world.school("Brook School", "100002"), "cal@ashfield.example")
    walker = browser(app, cal)
    page = walker.get(path(school, "users", "new"))
    remove_member(cal, actor=world.acting(ann))
    assert page.submit(email="cal@ashfield.example").status == 404
    assert (
        outcome(
            lambda: add_member(
                school,
                email=EmailAddress.parse("cal@ashfield.example"),
                given_name="Cal",
                family_name="Byron",
                approver=True,
                actor=world.acting(cal),
            )
        )
        == "no_authority"
    )


def test_PR_03_operator_cannot_appoint_themselves(app: Flask, school: Organisation) -> None:
    olive = world.operator()
    page = browser(app, olive).get(f"/ops/organisations/{school.public_id}/approvers/new")
    page = page.submit(email=olive.email, given_name="Olive", family_name="Operator")
    assert "You cannot appoint yourself" in page.submit().text
    assert facts.open_membership(school.id, olive.address) is None


@pytest.mark.parametrize(
    "extra",
    [
        {"organisation_id": "2", "org_id": "2", "tenant": "2"},
        {"id": "1", "sub": "x", "public_id": "x", "account_id": "1"},
        {"is_approver": "1", "role": "approver", "operator": "1"},
        {"status": "joined", "joined_at": "2020-01-01", "valid_from": "2000-01-01"},
        {"given_by": "system", "created_by": "system", "email_verified": "true"},
        {"user_groups": "School_Named", "access": '{"school_performance": ["Super_User"]}'},
    ],
)
def test_PR_05_unknown_form_fields_are_ignored(
    app: Flask, school: Organisation, ann: Membership, extra: dict[str, Any]
) -> None:
    page = browser(app, ann).get(path(school, "users", "new"))
    page = page.submit(
        email="bob@ashfield.example",
        given_name="Bob",
        family_name="Dean",
        group_school_performance="School_Anon",
        **extra,
    )
    assert page.submit(**extra).heading == "Invitation sent"
    bob = facts.open_membership(school.id, EmailAddress.parse("bob@ashfield.example"))
    assert bob is not None
    assert (bob.joined_at, bob.account_id) == (None, None)
    assert not world.approves(bob)
    assert world.held(bob) == ["School_Anon"]


def test_PR_07_re_invitation_gives_no_more_than_before(
    school: Organisation, ann: Membership
) -> None:
    bob = world.invited(school, "bob@ashfield.example", "School_Anon")
    resend_invitation(bob, actor=world.acting(ann))
    invitation = db.session.get_one(Invitation, bob.invitation_id)
    assert (
        dict(invitation_port.describe_invitation(sent_invitation(invitation)).lines)[
            "School Performance"
        ]
        == "School Anon"
    )


def test_PR_09_last_approver_cannot_leave_or_be_removed(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    cal = world.member(school, "cal@ashfield.example", approver=True)
    walker = browser(app, ann)
    stop = walker.get(path(school, "users", ann.public_id, "approver", "stop"))
    go = walker.get(f"/account/leave/{school.public_id}")
    stop_approver(cal, actor=world.acting(ann))
    assert "only approver" in stop.submit().text
    assert "only approver" in go.submit().text
    assert outcome(lambda: remove_member(ann, actor=world.COMMAND)) == "last_approver"
    assert outcome(lambda: leave(ann, actor=world.acting(ann))) == "last_approver"
    assert facts.active_approvers(school.id).sole(ann.account_id)


def test_PR_09_invited_and_suspended_approvers_do_not_count_as_others(
    school: Organisation, ann: Membership, cal: Membership
) -> None:
    world.invited(school, "ina@ashfield.example", approver=True)
    with writing():
        world.who(cal).suspended_at = now()
    assert outcome(lambda: leave(ann, actor=world.acting(ann))) == "last_approver"


def outcomes(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Return the outcomes of the acts, each of them in many threads at once."""
    return race(app, lambda number: outcome(acts[number % len(acts)]))


def fresh(membership_id: int) -> Membership:
    return db.session.get_one(Membership, membership_id)


@pytest.mark.parametrize("act", ["stop", "remove", "leave"])
def test_PR_09_approvers_who_remove_each_other_at_once_leave_one(
    app: Flask, school: Organisation, ann: Membership, cal: Membership, act: str
) -> None:
    first, second = world.acting(ann), world.acting(cal)
    one, other = ann.id, cal.id
    acts: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "stop": (
            lambda: stop_approver(fresh(other), actor=first),
            lambda: stop_approver(fresh(one), actor=second),
        ),
        "remove": (
            lambda: remove_member(fresh(other), actor=first),
            lambda: remove_member(fresh(one), actor=second),
        ),
        "leave": (
            lambda: leave(fresh(one), actor=first),
            lambda: leave(fresh(other), actor=second),
        ),
    }
    db.session.rollback()
    results = outcomes(app, *acts[act])
    assert results.count("done") == 1
    refusals = {"last_approver", "no_authority", "not_an_approver", "not_open"}
    assert set(results) - {"done"} <= refusals
    assert len(facts.active_approvers(school.id).accounts) == 1


def test_PR_08_person_added_by_two_approvers_at_once_is_added_once(
    app: Flask, school: Organisation, ann: Membership, cal: Membership
) -> None:
    where = school.id

    def add(actor: Membership) -> Callable[[], object]:
        acting = world.acting(actor)
        return lambda: add_member(
            db.session.get_one(Organisation, where),
            email=EmailAddress.parse("bob@ashfield.example"),
            given_name="Bob",
            family_name="Dean",
            actor=acting,
        )

    acts = add(ann), add(cal)
    db.session.rollback()
    results = outcomes(app, *acts)
    assert sorted(results) == ["already_invited"] * (THREADS - 1) + ["done"]
    assert len([to for to, _ in world.mails("accounts/invitation") if to.startswith("bob@")]) == 1


def test_PR_08_user_group_changed_by_two_approvers_at_once_is_one(
    app: Flask, school: Organisation, ann: Membership, cal: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    number = bob.id

    def change(actor: Membership, group: str) -> Callable[[], object]:
        acting = world.acting(actor)
        return lambda: change_user_group(
            fresh(number), service=SERVICE, user_groups=[group], actor=acting
        )

    acts = change(ann, "School_Named"), change(cal, "School_Governor")
    db.session.rollback()
    # Those that come late may find that the day's changes are used up.
    results = set(outcomes(app, *acts))
    assert {"done"} <= results <= {"done", "same_as_now", rules.TOO_MANY_CHANGES.code}
    assert len(world.held(fresh(number))) == 1


def test_PR_10_approver_cannot_open_operators_pages_or_suspend_an_operator(
    app: Flask, ann: Membership
) -> None:
    olive = world.operator()
    client = browser(app, ann).client
    for address in ("/ops", "/ops/people", f"/ops/people/{olive.subject}", "/ops/audit"):
        assert client.get(address).status_code == 404
    client.post(f"/ops/people/{olive.subject}/suspend")
    assert db.session.get_one(type(olive), olive.id).suspended_at is None


def test_PR_15_parallel_journeys_keep_their_own_answers(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    walker = browser(app, ann)
    start = path(school, "users", "new")
    left, right = walker.get(start), walker.get(start)
    left = left.submit(
        email="bob@ashfield.example",
        given_name="Bob",
        family_name="Un",
        group_school_performance="School_Anon",
    )
    right = right.submit(
        email="dee@ashfield.example",
        given_name="Dee",
        family_name="Two",
        group_school_performance="School_Governor",
        approver="y",
    )
    left = walker.get(left.link("Change name")).submit(
        family_name="One", group_school_performance="School_Named"
    )
    assert right.submit().heading == left.submit().heading == "Invitation sent"
    bob = facts.open_membership(school.id, EmailAddress.parse("bob@ashfield.example"))
    dee = facts.open_membership(school.id, EmailAddress.parse("dee@ashfield.example"))
    assert bob is not None
    assert dee is not None
    assert (bob.name, world.held(bob)) == ("Bob One", ["School_Named"])
    assert (dee.name, world.held(dee)) == ("Dee Two", ["School_Governor"])


def test_PR_15_check_page_acts_only_on_the_answers_that_it_showed(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    walker = browser(app, ann)
    shown = walker.get(path(school, "users", "new")).submit(
        email="bob@ashfield.example",
        given_name="Bob",
        family_name="One",
        group_school_performance="School_Anon",
    )
    group = walker.get(shown.link("Change access to School Performance"))
    group.submit(group_school_performance="School_Named")
    refused = shown.submit()
    assert "The answers were changed in another tab." in refused.text
    assert facts.open_membership(school.id, EmailAddress.parse("bob@ashfield.example")) is None
    assert refused.submit().heading == "Invitation sent"
    bob = facts.open_membership(school.id, EmailAddress.parse("bob@ashfield.example"))
    assert bob is not None
    assert world.held(bob) == ["School_Named"]


def test_PR_15_change_of_access_acts_only_on_the_answers_that_it_showed(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    walker = browser(app, ann)
    page = walker.get(path(school, "users", bob.public_id, "access", SERVICE))
    shown = page.submit(groups="School_Governor")
    assert shown.heading.startswith("Check")
    walker.get(shown.address.rsplit("/", 1)[0]).submit(groups="School_Named")
    assert "The answers were changed in another tab." in shown.submit().text
    assert world.held(bob) == ["School_Anon"]


def test_PR_15_appointment_acts_on_the_person_of_its_own_tab(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    dee = world.member(school, "dee@ashfield.example")
    walker = browser(app, ann)
    one = walker.get(path(school, "users", bob.public_id, "approver", "make"))
    walker.get(path(school, "users", dee.public_id, "approver", "make"))
    one.submit()
    assert facts.active_approvers(school.id).accounts == {ann.account_id, bob.account_id}


def test_PR_16_closed_organisation_gives_no_access_and_adds_no_person(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    world.close(school)
    page = browser(app, ann).get(path(school))
    assert "This organisation is closed" in page.text
    assert outcome(lambda: world.invited(school, "x@ashfield.example")) == "organisation_ended"
    assert (
        outcome(
            lambda: change_user_group(
                bob, service=SERVICE, user_groups=["School_Anon"], actor=world.acting(ann)
            )
        )
        == "organisation_ended"
    )
    assert outcome(lambda: remove_member(bob, actor=world.acting(ann))) == "done"


def test_PR_16_suspended_approver_is_not_listed_and_gets_no_mail(
    school: Organisation, ann: Membership, cal: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    invited = world.invited(school, "ina@ashfield.example")
    with writing():
        world.who(cal).suspended_at = now()
    answer = no_access.whom_to_ask(world.who(bob), SERVICE, now())
    assert answer.approvers == ["Ann Byron, Ashfield School"]
    with writing() as session:
        invitation_port.record_renewal_request(
            sent_invitation(session.get_one(Invitation, invited.invitation_id))
        )
    assert [to for to, _ in world.mails("memberships/renewal_asked")] == ["ann@ashfield.example"]


def test_PR_16_suspended_person_is_not_made_an_approver(
    school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ashfield.example")
    with writing():
        world.who(bob).suspended_at = now()
    assert outcome(lambda: make_approver(bob, actor=world.acting(ann))) == "suspended"
