"""A handle of each kind in an organisation, and of each thing that belongs to one person."""

from __future__ import annotations

from datetime import timedelta

from app.clock import now
from app.database import db, writing
from approvals.access_requests import actions as requests
from approvals.access_requests.facts import AskedFor
from approvals.memberships import journeys
from approvals.memberships.actions import remove_member, suspend_member
from approvals.memberships.models import Membership
from approvals.memberships.waiting_access import file_access, waiting_access
from approvals.organisations.models import Organisation
from approvals.terms import actions as terms
from identity.accounts.models import Account
from identity.credentials.models import Passkey, RecoveryCodesShown
from identity.sessions.models import RememberedDevice, Session
from identity.upstream.models import Connection, Domain, Identity
from tests.approvals import world
from tests.approvals.decision.world import publish
from tests.approvals.world import SERVICE

GROUP, DOMAIN = "School_Named", "ashfield.example"


def handles_in(place: Organisation, approver: Membership) -> dict[str, str]:
    """Return one handle of each kind in the organisation; the journeys are its approver's."""
    key = place.public_id[-6:]
    colleague = world.member(place, f"cal{key}@x.example", given_name="Cal")
    invited = world.invited(place, f"ina{key}@x.example", given_name="Ina", approver=True)
    removed = world.member(place, f"rex{key}@x.example", given_name="Rex")
    suspended = world.member(place, f"una{key}@x.example", given_name="Una")
    other_approver = (
        world.member(place, f"abe{key}@x.example", approver=True)
        if place.name == "Ashfield School"
        else approver
    )
    remove_member(removed, actor=world.COMMAND)
    suspend_member(suspended, reason="On long leave", actor=world.COMMAND)
    asker = world.account(f"asker{key}@x.example", "Asa", "Asker")
    group = GROUP if place.is_school else "MAT_Named"
    request = requests.file_request(
        asker, place, AskedFor(SERVICE, group, []), reason="I teach year 6"
    )
    with writing():
        # Old enough for the parent body and the operators to decide it as well.
        request.asked_at = now() - timedelta(days=20)
    with writing():
        file_access(place, colleague, SERVICE, [group], (None, None), world.COMMAND)
    [waiting] = waiting_access(place, colleague)
    who = world.who(approver).id
    addition = journeys.begin(
        journeys.ADD_USER,
        place,
        who,
        answers={
            "email": f"new{key}@x.example",
            "given_name": "New",
            "family_name": "User",
            "access": {},
            "approver": False,
            "first_day": "",
            "last_day": "",
        },
    )
    change = journeys.begin(
        journeys.CHANGE_ACCESS,
        place,
        who,
        membership=colleague,
        answers={"service": SERVICE, "groups": [group], "first_day": "", "last_day": ""},
    )
    return {
        "organisation": place.public_id,
        "colleague": colleague.public_id,
        "approver": other_approver.public_id,
        "invited": invited.public_id,
        "removed": removed.public_id,
        "suspended": suspended.public_id,
        "person": world.who(colleague).subject,
        "request": request.public_id,
        "decision": waiting.decision.public_id,
        "addition": addition.public_id,
        "change": change.public_id,
        "school": place.public_id,
        "service": SERVICE,
        "kind of remit": "multi_academy_trust",
        "trust": "9001" if place.uid == "9001" else "9002",
    }


def proposal_of(school: Organisation, proposer: Account) -> dict[str, str]:
    """Return the handles of somebody who appoints an approver of a school from outside."""
    journey = journeys.begin(
        journeys.APPOINT_APPROVER,
        school,
        proposer.id,
        answers={"email": "head@cedar.example", "given_name": "Hen", "family_name": "Head"},
    )
    return {"school": school.public_id, "proposal": journey.public_id}


def personal_handles(person: Account, client: str) -> dict[str, str]:
    """Return a handle of each thing that belongs to one person only."""
    where = world.school(f"School asked by {person.given_name}", f"2{person.id:05}")
    world.member(where, f"head{person.id}@asked.example", approver=True)
    request = requests.file_request(
        person, where, AskedFor(SERVICE, GROUP, []), reason="I teach year 6"
    )
    journey = journeys.begin(
        journeys.REQUEST_ACCESS,
        where,
        person.id,
        answers={"service": SERVICE, "group": GROUP, "reason": "I teach", "answers": []},
    )
    version = publish(f"service of {person.given_name}")
    terms.accept(person, [version], "sid", now())
    world.session_of(person)
    at = now()
    session = db.session.query(Session).filter_by(account_id=person.id).first()
    assert session is not None
    connection = Connection(
        name=f"Provider of {person.given_name}",
        issuer=f"https://{person.id}.provider.example",
        client_id="secure-access",
        sealed_secret="x",
        organisations=[],
    )
    passkey = Passkey(
        account_id=person.id,
        credential_id=f"credential{person.id}",
        public_key="key",
        sign_count=0,
        transports=[],
        aaguid="00000000-0000-0000-0000-000000000000",
        backup_eligible=False,
        backed_up=False,
        name="Laptop",
    )
    device = RememberedDevice(
        account_id=person.id,
        token_hash=f"{person.id:064}",
        network="192.0.2.0/24",
        user_agent="test",
        created_at=at,
        last_used_at=at,
        expires_at=at + timedelta(days=30),
    )
    codes = RecoveryCodesShown(
        account_id=person.id,
        session_id=session.id,
        sealed_codes="x",
        continue_to="/account",
        expires_at=at + timedelta(hours=1),
    )
    with writing() as database:
        database.add_all([connection, passkey, device, codes])
        database.flush()
        database.add(Domain(connection_id=connection.id, domain=DOMAIN, challenge="x"))
        database.add(
            Identity(
                connection_id=connection.id,
                account_id=person.id,
                issuer=connection.issuer,
                subject=f"subject{person.id}",
            )
        )
    return {
        "request": request.public_id,
        "request journey": journey.public_id,
        "organisation": where.public_id,
        "session": session.sid,
        "device": device.public_id,
        "passkey": passkey.public_id,
        "codes": codes.public_id,
        "connection": connection.public_id,
        "service": SERVICE,
        "client": client,
        "version": version,
    }
