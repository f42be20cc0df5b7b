"""Changes by hand: bodies that no register file holds."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actors import Actor
from app.audit import record
from app.database import writing
from app.identifiers import new_id
from app.refusal import RefusalError
from app.typed_text import clean_text
from approvals.organisations.kinds import KINDS, Kind
from approvals.organisations.models import Organisation, search_name


def add_organisation(
    kind: Kind,
    name: str,
    *,
    diocese_code: str | None = None,
    ukprn: str | None = None,
    actor: Actor | None = None,
) -> Organisation:
    """Add a diocese, department, inspectorate, service team or training provider.

    Raises RefusalError for a kind that the register holds, a missing or malformed
    identifier, and where the body is there already.
    """
    facts = KINDS[kind]
    name = clean_text(name, "The name")
    diocese_code = diocese_code.strip().upper() if diocese_code else None
    if not facts.by_hand:
        raise RefusalError.of(
            "from_register", f"{facts.plural} come from the register: import its files."
        )
    if not name:
        raise RefusalError.of("name_missing", "Give the organisation a name.")
    if (facts.identifier == "diocese_code") != bool(diocese_code):
        raise RefusalError.of(
            "diocese_code", "A diocese, and no other body, has a diocese code such as CE23."
        )
    if diocese_code and not re.fullmatch(r"[A-Z]{1,3}\d{1,4}", diocese_code):
        raise RefusalError.of(
            "diocese_code", f"{diocese_code} is not a diocese code such as CE23 or RC01."
        )
    if ukprn and not re.fullmatch(r"\d{8}", ukprn):
        raise RefusalError.of("ukprn", "A UKPRN has eight digits.")
    with writing() as session:
        _refuse_second(session, kind, name, diocese_code, ukprn)
        public_id = new_id()
        organisation = Organisation(
            public_id=public_id,
            kind=kind.value,
            key=f"{kind.value}:{diocese_code}" if diocese_code else f"hand:{public_id}",
            name=name,
            search_name=search_name(name),
            diocese_code=diocese_code,
            ukprn=ukprn,
        )
        session.add(organisation)
        session.flush()
        record(
            "organisation.added",
            actor=actor,
            organisation=public_id,
            after={"name": name, "kind": kind.value, "diocese_code": diocese_code, "ukprn": ukprn},
        )
    return organisation


def _refuse_second(
    session: Session, kind: Kind, name: str, diocese_code: str | None, ukprn: str | None
) -> None:
    of_kind = select(Organisation).where(Organisation.kind == kind.value)
    if diocese_code:
        same = session.scalar(of_kind.where(Organisation.diocese_code == diocese_code).limit(1))
    elif ukprn:
        same = session.scalar(of_kind.where(Organisation.ukprn == ukprn).limit(1))
    else:
        named = of_kind.where(Organisation.search_name == search_name(name))
        same = session.scalar(named.limit(1))
    if same is not None:
        raise RefusalError.of(
            "already_there", f"It is there already: {same.name} ({same.public_id})."
        )
