"""The personal data of a closed account goes, and the evidence stays under a pseudonym."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from app.audit import AuditEvent
from app.audit.append_only import OTHER_PEOPLE
from app.clock import now
from app.database import Base, db, writing
from app.retention import purge_expired
from approvals.access_requests import actions as requests
from approvals.access_requests.facts import AskedFor
from approvals.account_closing import actions
from approvals.account_closing.erasable import Kept
from approvals.account_closing.personal_data import PERSONAL_FIELDS, TABLES
from approvals.account_closing.pseudonym import Pseudonym
from approvals.approver_proposals.actions import agree_to_proposal, end_proposal, propose
from approvals.approver_proposals.decisions import ProposedApprover, open_proposal
from approvals.decision.decision import decide
from approvals.memberships.actions import remove_member, restore_member, suspend_member
from approvals.memberships.models import Grant, Membership
from approvals.operators import actions as operators
from approvals.operators.actions import add_operator, remove_operator
from approvals.organisations.models import Organisation
from identity.accounts.invitations import accepted_by, claim_answer
from identity.accounts.models import Account, Invitation, InvitationState
from identity.accounts.person import actor_of
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.access_requests.asking import requests_of
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Walker
from tests.races import race

DAY = timedelta(days=1)
EMAIL, GIVEN, FAMILY = "zebedee.quux@ashfield.example", "Zebedee", "Quuxworthy"
PERSONAL = re.compile("zebedee|quuxworthy|dormouse|192\\.0\\.2\\.77|teapot", re.IGNORECASE)
"""Texts that only the erased person's data contains."""

MINUTES = "Rows that are deleted within minutes or days, whether or not an account is closed."
ELSEWHERE = {
    "attempt_bucket": MINUTES,
    "audit_event": "`replace_personal_text`, by the fields of the event.",
    "audit_pseudonym": "Identifiers and pseudonyms alone.",
    "client_answer": "Deleted with the session.",
    "invitation_mail": MINUTES,
    "join_journey": MINUTES,
    "oidc_code": "Deleted with the sign-in to the service.",
    "oidc_logout_notice": "A message to a service without personal text. " + MINUTES,
    "oidc_pushed_request": MINUTES,
    "oidc_refresh_token": "Deleted with the sign-in to the service.",
    "registration": MINUTES,
    "replaced_session_token": "Deleted with the session.",
    "reset_journey": "Deleted with the link.",
    "second_step_journey": "Deleted with the link.",
    "upstream_journey": MINUTES,
}
"""Tables about people that another part clears, and how."""
WITHOUT_PEOPLE = re.compile(
    "organisation(_period|_letters)?|register_.*|school_link|trust_link|terms_version|service(_.*)?|"
    "oidc_client(_period)?|oidc_initial_access_token|oidc_pairwise_salt|oidc_revision|"
    "oidc_revoked_token|oidc_signing_key|oidc_used_once|upstream_connection|upstream_domain|"
    "readiness|weekly_report"
)


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)


@pytest.fixture
def zeb(app: Flask, client: FlaskClient, school: Organisation, ann: Membership) -> Person:
    """Return a removed person with rows in most tables about people."""
    person = make_person(EMAIL, GIVEN, FAMILY)
    member = world.member(
        school,
        EMAIL,
        "School_Named",
        given_name=GIVEN,
        family_name=FAMILY,
        approver=True,
        actor=world.acting(ann),
    )
    client.environ_base["REMOTE_ADDR"] = "192.0.2.77"
    client.environ_base["HTTP_USER_AGENT"] = "Teapot/1.0"
    sign_in(client, person)
    signing_keys.ready()
    RelyingParty(app.test_client(), register()).tokens(client)
    Walker(client).get("/account/name").submit(given_name="Zebedee Dormouse", family_name=FAMILY)
    world.invited(school, "dee@ashfield.example", "School_Anon", actor=world.acting(member))
    suspend_member(member, reason="Away with a dormouse", actor=world.acting(ann))
    restore_member(member, actor=world.acting(ann))
    elm = world.organisation("Elm School", urn="100002")
    world.member(elm, "eve@elm.example", approver=True)
    requests.file_request(
        person.account,
        elm,
        AskedFor(world.SERVICE, "School_Named", [("Why", "the teapot")]),
        reason="My teapot is there",
    )
    (waiting,) = requests_of(person.account)
    requests.withdraw(waiting, person.account)
    _operate(person, elm)
    remove_member(member, actor=world.acting(ann))
    return person


def _operate(person: Person, elm: Organisation) -> None:
    """Make the person an operator for a time, who proposes an approver and is proposed as one."""
    address = EmailAddress.parse(EMAIL)
    olive = world.operator()
    appointed = add_operator(address, actor=world.COMMAND)
    with writing() as session:
        invitation = session.get_one(Invitation, appointed.invitation_id)
        claim_answer(invitation, invitation.token_hash or "", InvitationState.ACCEPTED)
        accepted_by(invitation, person.account)
        operators.record_acceptance(appointed, person.account)
    other = ProposedApprover("cal@elm.example", "Cal", "Ash")
    propose(elm, other, actor_of(person.account))
    agree_to_proposal(elm, _proposal(elm), actor_of(olive))
    remove_operator(address, actor=actor_of(olive))
    oak = world.organisation("Oak School", urn="100003")
    propose(oak, ProposedApprover(EMAIL, GIVEN, FAMILY), actor_of(olive))
    end_proposal(oak, _proposal(oak), actor_of(olive), "Not Zebedee after all")


def _proposal(organisation: Organisation) -> str:
    proposal = open_proposal(organisation.id)
    assert proposal is not None
    return proposal.public_id


def erase(person: Person, days: int = 0) -> Account:
    """Erase the account, as the worker does a year and a month later."""
    for later in (24 + days, 32 + days, 400 + days):
        with time_machine.travel(now() + later * DAY, tick=True):
            purge_expired()
            actions.act_on_due()
    db.session.expire_all()
    account = db.session.get_one(Account, person.account_id)
    assert account.erased_at is not None
    return account


def personal_texts() -> list[str]:
    """Return tables and columns that contain a text of the erased person."""
    found = []
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            found += [
                f"{table.name}.{column}: {value}"
                for column, value in row.items()
                if PERSONAL.search(str(value))
            ]
    return found


def test_erasure_leaves_no_text_of_the_person_anywhere(zeb: Person) -> None:
    before = personal_texts()
    assert {each.partition(":")[0] for each in before} >= {
        "account.email",
        "audit_event.actor_name",
        "audit_event.detail",
        "invitation.invited_by",
        "membership.search_text",
        "membership_suspension.reason",
        "pending_decision.details",
        "session.network",
    }
    erase(zeb)
    sent_later = [each for each in personal_texts() if not each.startswith("outbox_mail")]
    assert sent_later == []


def test_access_of_the_past_is_explained_as_before_under_the_pseudonym(
    school: Organisation, zeb: Person
) -> None:
    membership, grant = db.session.execute(
        select(Membership, Grant)
        .join(Grant, Grant.membership_id == Membership.id)
        .where(Membership.account_id == zeb.account_id)
    ).one()
    at = grant.valid_from
    before = decide(zeb.account, world.SERVICE, school, at)
    decided = (grant.given_by, grant.valid_from, grant.valid_to, membership.ended_by)
    account = erase(zeb)
    assert account.name == f"Former user {zeb.subject[-12:]}"
    after = decide(account, world.SERVICE, school, at)
    assert (after.allowed, after.capabilities, after.remit) == (
        before.allowed,
        before.capabilities,
        before.remit,
    )
    grant, membership = (
        db.session.get_one(Grant, grant.id),
        db.session.get_one(Membership, membership.id),
    )
    assert (grant.given_by, grant.valid_from, grant.valid_to, membership.ended_by) == decided
    (removed,) = world.audited("membership.removed")
    assert removed.subject == zeb.subject
    assert removed.detail["person"] == account.name


def test_names_of_other_people_stay_in_the_audit(ann: Membership, zeb: Person) -> None:
    erase(zeb)
    (removed,) = world.audited("membership.removed")
    assert removed.actor == world.who(ann).subject
    added = [row for row in world.audited("membership.added") if row.actor == zeb.subject]
    assert [row.detail["person"] for row in added] == ["Ada Byron"]
    names = db.session.scalars(
        select(AuditEvent.actor_name).where(AuditEvent.actor == zeb.subject).distinct()
    ).all()
    assert names == [Pseudonym(zeb.subject[-12:]).name]


def test_erased_operator_stays_the_proposer_under_the_pseudonym(zeb: Person) -> None:
    erase(zeb)
    (agreed,) = world.audited("approver.proposal_agreed")
    assert agreed.detail["proposer"] == Pseudonym(zeb.subject[-12:]).name
    assert agreed.detail["person"] == "Cal Ash"


def test_erasure_waits_for_a_year_after_the_closing(zeb: Person) -> None:
    for later in (24, 32, 395):
        with time_machine.travel(now() + later * DAY, tick=True):
            actions.act_on_due()
    assert db.session.get_one(Account, zeb.account_id, populate_existing=True).erased_at is None


def test_erasure_at_once_by_forty_workers_is_recorded_once(app: Flask, zeb: Person) -> None:
    for later in (24, 32):
        with time_machine.travel(now() + later * DAY, tick=True):
            actions.act_on_due()
    with time_machine.travel(now() + 400 * DAY, tick=True):
        race(app, lambda _number: actions.act_on_due())
    assert len(world.audited("account.erased")) == 1
    assert not [each for each in personal_texts() if each.startswith(("account", "audit"))]


def test_data_of_a_later_account_at_the_address_stays(school: Organisation, zeb: Person) -> None:
    for later in (24, 32):
        with time_machine.travel(now() + later * DAY, tick=True):
            actions.act_on_due()
    with time_machine.travel(now() + 40 * DAY, tick=True):
        again = world.member(school, EMAIL, "School_Named", given_name=GIVEN, family_name=FAMILY)
    with time_machine.travel(now() + 400 * DAY, tick=True):
        actions.act_on_due()
    db.session.expire_all()
    assert world.who(again).email == EMAIL
    assert (again.email, again.given_name) == (EMAIL, GIVEN)


def test_AU_01_database_refuses_other_changes_of_events_about_an_erased_person(
    zeb: Person,
) -> None:
    erase(zeb)
    changes = ["actor_name = 'Else'", "actor = 'x'", "subject = 'x'", "event = 'account.joined'"]
    for change in changes:
        with pytest.raises(DBAPIError, match="never changed"), writing() as session:
            session.execute(
                text(f"UPDATE audit_event SET {change} WHERE actor = :subject"),
                {"subject": zeb.subject},
            )


def test_AU_01_database_refuses_changes_of_events_about_people_without_pseudonym(
    ann: Membership, zeb: Person
) -> None:
    erase(zeb)
    with pytest.raises(DBAPIError, match="never changed"), writing() as session:
        session.execute(
            update(AuditEvent).where(AuditEvent.subject == world.who(ann).subject).values(detail={})
        )


def test_every_table_is_erased_replaced_or_on_a_list() -> None:
    declared = {each.table.__tablename__ for each in TABLES}
    for table in Base.metadata.tables.values():
        lists = [table.name in declared, table.name in ELSEWHERE]
        about_people = not WITHOUT_PEOPLE.fullmatch(table.name)
        assert sum(lists) == about_people, table.name


def test_kept_table_names_each_of_its_columns() -> None:
    suspension = next(each for each in TABLES if isinstance(each, Kept) and each.texts)
    with pytest.raises(ValueError, match="decide about reason"):
        Kept(
            suspension.table,
            suspension.owner,
            suspension.columns,
            lambda _pseudonym: {"end_reason": None},
            suspension.texts,
        )


_EVIDENCE = (
    "accept_again access acr actor after alg already amr approver as_of audience authority "
    "before body cause change changes checked choice client client_name complete connection "
    "connection_name details diocese_code domain effective_from factor file form found "
    "from grant grant_type granted groups into invitation issuer key kid kind known "
    "left_out level membership method moved mutual new_device number of_kind "
    "of_organisation of_service operator organisation other outcome overlap_hours passkey path "
    "people proposal proposed_by reached reasons request rows rule rules scope seconds service "
    "services sha256 shown sid signs_from source stated_on step subject suspended "
    "taken_back takes_effect_at target_name terms to token ukprn user_group user_groups "
    "uses"
)
EVIDENCE_FIELDS = set(_EVIDENCE.split())
"""Fields that name no person and contain no text of theirs: ids, codes, counts, days."""


WRITERS = {"record", "record_look_up", "audit_row", "_record", "record_change", "record_step"}
"""Functions that write an event, with its fields as arguments."""


def _fields_of_events() -> set[str]:
    """Return the names of the fields of all audit events, read from the calls that write them."""
    found: set[str] = set()
    for path in (*Path("identity").rglob("*.py"), *Path("approvals").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in WRITERS:
                for keyword in node.keywords:
                    if isinstance(keyword.value, ast.Dict):
                        found |= {str(ast.literal_eval(key)) for key in keyword.value.keys if key}
                    if keyword.arg:
                        found.add(keyword.arg)
    return found


def test_every_field_of_an_event_is_personal_or_evidence() -> None:
    names_of_others = OTHER_PEOPLE.keys()
    assert _fields_of_events() - PERSONAL_FIELDS - names_of_others == EVIDENCE_FIELDS
