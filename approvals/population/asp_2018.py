"""The 62,195 users of Analyse School Performance on 16 February 2018, as made-up people.

Real accounts, memberships and grants, one each, without credentials: nobody can sign in as one of
them. They are made in portions, each its own transaction, so that a running service goes on; a
run that broke off is taken up where it stopped.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db, without_time_limit, writing
from approvals.access_model import loading
from approvals.access_model.definitions import service as service_in_force
from approvals.memberships.models import Grant, Membership
from approvals.organisations.importing import import_file, in_order
from approvals.organisations.synthetic import write_national
from approvals.population import places
from approvals.population.people import DOMAIN, SyntheticPerson, person
from approvals.population.places import GroupPopulation
from identity.accounts.models import Account

ACTOR = Actor.command("population asp-2018")
PORTION = 2_000

Progress = Callable[[int, int], None]
"""Called with how many people are made, and how many there will be."""


class Place(NamedTuple):
    """A person of the population, and where which user group is held."""

    person: SyntheticPerson
    organisation: int
    user_group: str


def prepare(say: Callable[[str], None]) -> None:
    """Prepare a register and the service: what is missing is generated or loaded."""
    if service_in_force(places.SERVICE, now()) is None:
        say(f"access model: {loading.load_shipped()}")
    loaded = places.schools_loaded()
    if loaded >= places.ENOUGH_SCHOOLS:
        say(f"register: the {loaded:,} schools that are loaded")
        return
    say(f"register: {loaded:,} schools are too few, so a made-up country is imported")
    with TemporaryDirectory() as directory:
        for path in in_order(write_national(Path(directory)), None):
            report = import_file(path, actor=ACTOR)
            say(f"  {report.title}: {report.account.read:,} rows, {report.seconds:.1f} s")
            db.session.remove()


def fill(progress: Progress) -> int:
    """Make the people that are not there yet. Returns their number.

    Raises RefusalError where the register lacks a kind of organisation.
    """
    with writing() as session:
        without_time_limit(session)
        crowds = places.crowds(ACTOR)
    there = set(
        db.session.scalars(
            select(Account.email_key).where(Account.email_key.endswith(f"@{DOMAIN}"))
        )
    )
    total = sum(crowd.users for crowd in crowds)
    wanted = [each for each in _everybody(crowds) if each.person.email not in there]
    made = 0
    progress(total - len(wanted), total)
    for start in range(0, len(wanted), PORTION):
        portion = wanted[start : start + PORTION]
        with writing() as session:
            _write(session.connection(), portion)
            record(
                "population.made",
                actor=ACTOR,
                service=places.SERVICE,
                people=len(portion),
                after={"from": portion[0].person.email, "to": portion[-1].person.email},
            )
        made += len(portion)
        progress(total - len(wanted) + made, total)
    return made


def _everybody(crowds: Sequence[GroupPopulation]) -> Iterator[Place]:
    """Yield all people, each with a number of its own, spread evenly over the organisations."""
    number = 0
    for crowd in crowds:
        order = list(crowd.organisations)
        Random(crowd.user_group.code).shuffle(order)
        for turn in range(crowd.users):
            number += 1
            where = order[turn % len(order)]
            yield Place(person(number), where, crowd.user_group.code)


def _write(connection: Connection, portion: Sequence[Place]) -> None:
    """Write accounts, memberships and grants, in statements of many rows.

    A made-up address is its own key: asking the policy each time takes as long as all the rest.
    """
    accounts = connection.scalars(
        insert(Account).returning(Account.id, sort_by_parameter_order=True),
        [
            {
                "email": each.person.email,
                "email_key": each.person.email,
                "given_name": each.person.given_name,
                "family_name": each.person.family_name,
                "created_at": each.person.joined_at,
                "joined_at": each.person.joined_at,
                "updated_at": each.person.joined_at,
            }
            for each in portion
        ],
    ).all()
    memberships = connection.scalars(
        insert(Membership).returning(Membership.id, sort_by_parameter_order=True),
        [
            {
                "organisation_id": each.organisation,
                "account_id": account,
                "email": each.person.email,
                "email_key": each.person.email,
                "given_name": each.person.given_name,
                "family_name": each.person.family_name,
                "valid_from": each.person.joined_at,
                "joined_at": each.person.joined_at,
            }
            for each, account in zip(portion, accounts, strict=True)
        ],
    ).all()
    connection.execute(
        insert(Grant),
        [
            {
                "membership_id": membership,
                "service": places.SERVICE,
                "user_group": each.user_group,
                "valid_from": each.person.joined_at,
                "given_by": ACTOR.identifier,
            }
            for each, membership in zip(portion, memberships, strict=True)
        ],
    )
