"""Times of refused sign-ins by the state of the account: `python -m bench.answer_times`.

The measure is processor time, in which other programs of the machine do not count. The samples are
interleaved, so that a change in the meantime meets all states alike. The medians may differ by 5
milliseconds (LG-02).
"""

from __future__ import annotations

import base64
import re
import secrets
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from app.clock import now
from app.database import db, schema, writing
from approvals.settings import Settings
from identity.accounts import invitations
from identity.accounts.models import Account
from identity.credentials import password
from identity.credentials.hashing import hash_password
from identity.email_address import EmailAddress
from identity.sign_in.models import AttemptBucket
from wsgi import create_app

NEAR = 5.0
"""Milliseconds by which the medians may differ."""
_TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
_ACTION = re.compile(r'<form method="post"\s+action="([^"]+)"')


@click.command()
@click.option("--samples", type=click.IntRange(10), default=300, show_default=True)
def main(samples: int) -> None:
    """Print the median time of a refused sign-in for each state of an account."""
    with tempfile.TemporaryDirectory(prefix="secure-access-bench-") as name:
        app = create_app(_settings(Path(name)))
        with app.app_context():
            schema.upgrade()
            medians = _medians(app, _people(), samples)
            db.session.remove()
            db.engine.dispose()
    for state, median in medians.items():
        click.echo(f"{state:<20} {median:6.1f} ms")
    difference = max(medians.values()) - min(medians.values())
    click.echo(f"{'difference':<20} {difference:6.1f} ms, at most {NEAR:.0f}")
    if difference >= NEAR:
        sys.exit(1)


def _settings(directory: Path) -> Settings:
    values: dict[str, Any] = {
        "_env_file": None,
        "database_url": f"sqlite:///{directory}/bench.sqlite3",
        "issuer": "http://localhost:8000",
        "secret_key": secrets.token_urlsafe(48),
        "encryption_keys": base64.b64encode(secrets.token_bytes(32)).decode(),
        "mail_directory": directory / "mail",
        "request_limit": "1000000 per minute",
    }
    return Settings(**values)


def _people() -> dict[str, str]:
    """Make an account of each state, and return the addresses by state."""
    at, addresses = now() - timedelta(days=30), {"unknown": "nobody@school.example"}
    for state in ("known", "suspended", "federated"):
        addresses[state] = f"{state}@school.example"
        with writing() as session:
            account = Account(
                email=addresses[state],
                email_key=addresses[state],
                given_name="Ada",
                family_name="Byron",
                joined_at=at,
                suspended_at=at if state == "suspended" else None,
            )
            session.add(account)
            session.flush()
            if state != "federated":
                password.store(account.id, hash_password("plum kettle orbit lane"))
    addresses["invited"] = "invited@school.example"
    with writing():
        invitations.invite(
            EmailAddress.parse(addresses["invited"]),
            "Grace",
            "Hopper",
            invited_by="Ann",
            sender="",
            organisation_name="Elm School",
        )
    return addresses


def _medians(app: Flask, addresses: dict[str, str], samples: int) -> dict[str, float]:
    client = app.test_client()
    page = client.get("/sign-in", follow_redirects=True).get_data(as_text=True)
    token, action = _TOKEN.search(page), _ACTION.search(page)
    if token is None or action is None:
        raise click.ClickException("the sign-in page has no form")
    form = {"csrf_token": token[1], "password": "wrong wrong wrong"}
    times: dict[str, list[float]] = {state: [] for state in addresses}
    for sample in range(samples):
        with writing() as session:
            # A try that has to wait is answered without a hash.
            session.execute(delete(AttemptBucket))
        order = [*addresses.items()]
        turned = order[sample % len(order) :] + order[: sample % len(order)]
        for state, email in turned:
            times[state].append(_time_of(client, unescape(action[1]), {**form, "email": email}))
    return {state: statistics.median(found) * 1000 for state, found in times.items()}


def _time_of(client: FlaskClient, action: str, form: dict[str, str]) -> float:
    begun = time.process_time()
    answer = client.post(action, data=form)
    if answer.status_code != 303:
        raise click.ClickException(f"a guess was answered with {answer.status_code}")
    return time.process_time() - begun


if __name__ == "__main__":
    main()
