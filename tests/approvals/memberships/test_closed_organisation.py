"""A school that the register closes: what was issued for it ends with the import."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from approvals.access_model.loading import load_shipped
from approvals.memberships.models import Membership
from approvals.organisations import queries
from approvals.organisations.importing import import_file, trying_only
from approvals.organisations.models import Organisation
from identity.oidc.models import Client, TokenFamily
from tests.approvals import world
from tests.identity.oidc.relying_party import register

HEADER = "URN,LA (code),EstablishmentName,TypeOfEstablishment (code),EstablishmentStatus (code)\n"
OPEN, CLOSED = "1", "2"


@pytest.fixture
def schools(app: Flask, tmp_path: Path) -> tuple[Organisation, Organisation]:
    """Two schools, and people who work in one, the other, or both."""
    load_shipped()
    _state(tmp_path, "20200101", first=OPEN)
    first, second = queries.by_identifier("urn:123456"), queries.by_identifier("urn:123457")
    assert first is not None
    assert second is not None
    return first, second


def _state(folder: Path, day: str, *, first: str) -> None:
    """Imports a register in which the first school has this status and the second is open."""
    path = folder / f"a{day}.csv"
    path.write_text(
        HEADER + f"123456,201,First School,01,{first}\n123457,201,Second School,01,{OPEN}\n"
    )
    import_file(path)


def _family(of: Membership, where: Organisation) -> TokenFamily:
    """Return a token family that a sign-in through this organisation issued."""
    with writing() as session:
        if session.scalar(select(Client)) is None:
            register(service=world.SERVICE)
        client = session.scalars(select(Client)).one()
        family = TokenFamily(
            account_id=world.who(of).id,
            client_id=client.id,
            sid="test",
            service=world.SERVICE,
            organisation=where.public_id,
            scope="openid access",
            resources=[],
            claims_requested={},
            auth_time=now(),
            acr="urn:secure-access:aal2",
            amr=["pwd", "otp"],
            offline=False,
            ends_at=now() + timedelta(hours=12),
        )
        session.add(family)
    return family


def test_RT_05_closure_of_a_school_ends_its_tokens(
    schools: tuple[Organisation, Organisation], tmp_path: Path
) -> None:
    family = _family(world.member(schools[0], "ann@first.example", "School_Named"), schools[0])
    _state(tmp_path, "20200201", first=CLOSED)
    db.session.refresh(family)
    assert family.ended_at is not None
    assert family.ended_cause == "organisation closed"


def test_closure_keeps_access_in_another_school(
    schools: tuple[Organisation, Organisation], tmp_path: Path
) -> None:
    world.member(schools[0], "ann@first.example", "School_Named")
    other = world.member(schools[1], "ann@first.example", "School_Anon")
    family = _family(other, schools[1])
    _state(tmp_path, "20200201", first=CLOSED)
    db.session.refresh(family)
    assert family.ended_at is None


def test_closure_leaves_one_audit_row_with_the_number_of_people(
    schools: tuple[Organisation, Organisation], tmp_path: Path
) -> None:
    world.member(schools[0], "ann@first.example", "School_Named")
    world.member(schools[0], "ben@first.example", "School_Anon")
    world.invited(schools[0], "cat@first.example", "School_Anon")
    _state(tmp_path, "20200201", first=CLOSED)
    (row,) = world.audited("organisation.access_ended")
    assert (row.organisation, row.detail) == (schools[0].public_id, {"people": 2})


def test_closure_of_a_school_without_people_leaves_no_audit_row(
    schools: tuple[Organisation, Organisation], tmp_path: Path
) -> None:
    _state(tmp_path, "20200201", first=CLOSED)
    assert world.audited("organisation.access_ended") == []


def test_closure_keeps_memberships(
    schools: tuple[Organisation, Organisation], tmp_path: Path
) -> None:
    membership = world.member(schools[0], "ann@first.example", "School_Named")
    _state(tmp_path, "20200201", first=CLOSED)
    db.session.refresh(membership)
    assert membership.valid_to is None
    assert world.held(membership) == ["School_Named"]


def test_dry_run_of_a_closure_ends_no_access(
    schools: tuple[Organisation, Organisation], tmp_path: Path
) -> None:
    family = _family(world.member(schools[0], "ann@first.example", "School_Named"), schools[0])
    with trying_only():
        _state(tmp_path, "20200201", first=CLOSED)
    db.session.refresh(family)
    assert family.ended_at is None
    assert world.audited("organisation.access_ended") == []
