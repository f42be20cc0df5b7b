"""Where the made-up people work: bodies that were open on the day of the count."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from app.actors import Actor
from app.clock import now
from app.database import db
from app.refusal import RefusalError
from approvals.access_model import versions
from approvals.access_model.definition import UserGroup
from approvals.organisations.actions import add_organisation
from approvals.organisations.kinds import KINDS, Kind
from approvals.organisations.models import Organisation, OrganisationPeriod
from approvals.organisations.openness import only_open
from approvals.organisations.queries import diocese_name
from approvals.organisations.register.codes import STATE_FUNDED_TYPES

COUNTED_ON = date(2018, 2, 16)
PUBLISHED = Path(__file__).with_name("asp_2018.csv")
SERVICE = "school_performance"
ENOUGH_SCHOOLS = 1_000
TRAINING_PROVIDERS = 12
MADE_UP_DIOCESES = (("CE91", "Diocese of Wells and Mere"), ("RC91", "Diocese of Fairwater"))


@dataclass(frozen=True)
class GroupPopulation:
    """A user group, how many people hold it, and the ids of the organisations they work in."""

    user_group: UserGroup
    users: int
    organisations: Sequence[int]


def schools_loaded() -> int:
    """Return how many schools the register holds."""
    return (
        db.session.scalar(select(func.count()).where(Organisation.kind == Kind.ESTABLISHMENT.value))
        or 0
    )


def crowds(actor: Actor) -> list[GroupPopulation]:
    """Return the published table, with places for everybody. Must run inside `writing()`.

    Bodies that no register file holds are added where there are none. Raises RefusalError where the
    register lacks a kind.
    """
    service = versions.service_version(SERVICE, now())
    if service is None:
        raise RefusalError.of(
            "no_place", f"There is no service with the code {SERVICE}: run secure-access setup."
        )
    add_bodies(actor)
    found = []
    with PUBLISHED.open(newline="") as file:
        for row in csv.DictReader(file):
            group = service.definition.group(row["user_group"])
            if group is None:
                raise RefusalError.of(
                    "no_place", f"{SERVICE} has no user group {row['user_group']}."
                )
            users = int(row["users"])
            listed = [
                each for each, keys in service.listed.items() if keys & {*group.organisations}
            ]
            where = listed or [each for kind in group.kinds for each in open_on_the_day(Kind(kind))]
            if users and not where:
                kinds = " or ".join(KINDS[Kind(kind)].plural.lower() for kind in group.kinds)
                raise RefusalError.of(
                    "no_place",
                    f"No {kinds} open on {COUNTED_ON.isoformat()} are loaded, and "
                    f"{group.name} is for them: import a register that holds them.",
                )
            found.append(GroupPopulation(group, users, where))
    return found


def open_on_the_day(kind: Kind) -> list[int]:
    """Return organisations of a kind that were open on the day, by id.

    Of the schools only the state-funded ones.
    """
    statement = only_open(
        select(Organisation.id).where(Organisation.kind == kind.value).order_by(Organisation.id),
        COUNTED_ON,
    )
    if kind is Kind.ESTABLISHMENT:
        statement = statement.where(
            OrganisationPeriod.open,
            OrganisationPeriod.type_code.in_(sorted(STATE_FUNDED_TYPES)),
        )
    return list(db.session.scalars(statement))


def add_bodies(actor: Actor) -> None:
    """Add the bodies that are in no register file: dioceses, then training providers.

    The others that people of the published table work in are listed in the service's file.
    """
    there = set(
        db.session.scalars(
            select(Organisation.diocese_code).where(Organisation.kind == Kind.DIOCESE.value)
        )
    )
    codes = db.session.scalars(
        select(OrganisationPeriod.diocese_code)
        .where(OrganisationPeriod.diocese_code.is_not(None))
        .distinct()
        .order_by(OrganisationPeriod.diocese_code)
    ).all()
    dioceses = [(code, diocese_name(code) or f"Diocese {code}") for code in codes if code]
    for code, name in dioceses or ([] if there else MADE_UP_DIOCESES):
        if code not in there:
            add_organisation(Kind.DIOCESE, name, diocese_code=code, actor=actor)
    if not open_on_the_day(Kind.TRAINING_PROVIDER):
        for number in range(1, TRAINING_PROVIDERS + 1):
            name = f"Made-up Training Provider {number}"
            add_organisation(Kind.TRAINING_PROVIDER, name, actor=actor)
