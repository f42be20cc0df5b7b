"""Times of the pages of an organisation with 10,000 people: `python -m bench.lists`.

The time is the server's own, from the request to the finished page, in this process and with the
database on this machine. The pages are asked in turn, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from app.clock import now
from app.database import db, schema, writing
from approvals.access_model.loading import load_shipped
from approvals.memberships.models import Appointment, Grant, LastUse, Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import BEGINNING, END, Organisation, OrganisationPeriod
from bench import stores
from bench.people import SERVICE, sign_in
from identity.accounts.models import Account
from identity.sessions.cookies import SESSION, cookie_name
from wsgi import create_app

BAR = 150.0
"""Milliseconds that the median of each page may take."""

PEOPLE = 10_000
PAGES = {
    "home": "",
    "users": "/users",
    "users, page 150": "/users?page=150",
    "users, part of a name": "/users?q=mily0987",
    "users, name with a slip": "/users?q=famly09871",
    "users, nothing found": "/users?q=dinosaur",
    "users who see pupil names": "/users?sees=pupil_names",
    "users not here": "/users?status=dormant&sort=last_here",
    "users whose access ends": "/users?status=ending",
    "invitations": "/invitations",
    "activity": "/activity",
}


@click.command()
@click.option("--samples", type=click.IntRange(3), default=15, show_default=True)
def main(samples: int) -> None:
    """Print the median time of each page on both databases. Ends with 1 above the bar."""
    slowest = 0.0
    with (
        tempfile.TemporaryDirectory(prefix="secure-access-bench-") as name,
        stores.opened(Path(name)) as opened,
    ):
        for store in opened:
            app = create_app(store.settings())
            with app.app_context():
                schema.upgrade()
                address, client = _filled(app)
                stores.settle(store)
                medians = _medians(client, address, samples)
                db.session.remove()
                db.engine.dispose()
            for page, median in medians.items():
                click.echo(f"{store.name:<12} {page:<28} {median:6.1f} ms")
            slowest = max(slowest, *medians.values())
    click.echo(f"slowest: {slowest:.1f} ms, at most {BAR:.0f}")
    if slowest > BAR:
        sys.exit(1)


def _filled(app: Flask) -> tuple[str, FlaskClient]:
    """Make an organisation of many people. Return its path, and the browser of its approver."""
    load_shipped()
    at = now() - timedelta(days=400)
    with writing() as session:
        school = Organisation(
            kind=Kind.ESTABLISHMENT.value,
            key="bench",
            name="Bench School",
            search_name="bench school",
            urn="100001",
        )
        session.add(school)
        session.flush()
        session.add(
            OrganisationPeriod(
                organisation_id=school.id,
                valid_from=BEGINNING,
                valid_to=END,
                open=True,
                name=school.name,
            )
        )
        who = [
            {
                "email": f"person{number}@bench.example",
                "email_key": f"person{number}@bench.example",
                "given_name": f"Given{number % 97}",
                "family_name": f"Family{number:05}",
                "joined_at": at,
            }
            for number in range(PEOPLE)
        ]
        signed_in = [now() - timedelta(days=number % 200) for number in range(PEOPLE)]
        accounts = session.scalars(
            insert(Account).returning(Account.id, sort_by_parameter_order=True),
            [
                {**each, "last_signed_in_at": last}
                for each, last in zip(who, signed_in, strict=True)
            ],
        ).all()
        members = session.scalars(
            insert(Membership).returning(Membership.id, sort_by_parameter_order=True),
            [
                {**each, "organisation_id": school.id, "account_id": account, "valid_from": at}
                for each, account in zip(who, accounts, strict=True)
            ],
        ).all()
        session.execute(
            insert(LastUse),
            [
                {"organisation_id": school.id, "account_id": account, "at": last}
                for account, last in zip(accounts, signed_in, strict=True)
            ],
        )
        session.execute(
            insert(Grant),
            [
                {
                    "membership_id": member,
                    "service": SERVICE,
                    "user_group": "School_Anon" if number % 5 else "School_Named",
                    "valid_from": at,
                    "valid_to": now() + timedelta(days=number % 400) if number % 3 else None,
                    "given_by": "bench",
                }
                for number, member in enumerate(members)
            ],
        )
        session.add(Appointment(membership_id=members[0], valid_from=at))
    client = app.test_client()
    client.set_cookie(cookie_name(SESSION), sign_in(app, accounts[0]))
    return f"/o/{school.public_id}", client


def _medians(client: FlaskClient, address: str, samples: int) -> dict[str, float]:
    times: dict[str, list[float]] = {page: [] for page in PAGES}
    for sample in range(samples + 1):
        for page, path in PAGES.items():
            begun = time.perf_counter()
            answer = client.get(address + path)
            if answer.status_code != 200:
                raise click.ClickException(f"{page} was answered with {answer.status_code}")
            if sample:
                times[page].append(time.perf_counter() - begun)
    return {page: statistics.median(found) * 1000 for page, found in times.items()}


if __name__ == "__main__":
    main()
