"""Announcement of the demo: a table on the screen, and the same as `instance/demo.json`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from app.cli import tables
from examples.demo.configuration import ANNOUNCEMENT, Addresses
from examples.demo.seed import Person

CLIENT_FIELDS = ("client_id", "client_secret", "redirect_uris")


def write(
    addresses: Addresses, people: Sequence[Person], clients: Sequence[Mapping[str, Any]]
) -> None:
    """Write demo.json whole or not at all."""
    announced = {
        **_addresses(addresses),
        "people": [asdict(person) for person in people],
        "clients": _announced(clients),
    }
    _replace(announced)


def update(addresses: Addresses, clients: Sequence[Mapping[str, Any]]) -> None:
    """Update addresses and clients, with the same people."""
    _replace({**read(), **_addresses(addresses), "clients": _announced(clients)})


def read() -> dict[str, Any]:
    """Return the addresses and people that demo.json announces."""
    announced: dict[str, Any] = json.loads(ANNOUNCEMENT.read_text())
    return announced


def show() -> None:
    """Print addresses, people and how they sign in."""
    announced = read()
    console = Console()
    console.print()
    console.print(f"Secure Access      {announced['issuer']}")
    console.print(f"School Performance {announced['reporting_app']}   (the example relying app)")
    console.print(f"Outbox             {announced['outbox']}   (mails that were sent)")
    console.print(f"Playground         {announced['playground']}   (each step of a sign-in)")
    console.print()
    tables.print_rows(
        ("e-mail", "password", "authenticator key", "organisation", "may"),
        [
            (
                person["email"],
                person["password"],
                person["totp_secret"],
                person["organisation"] or "",
                _may(person),
            )
            for person in announced["people"]
        ],
        title="People: e-mail, password, and the key for an authenticator app",
    )
    console.print(
        "Without an authenticator app, .venv/bin/python -m examples.demo.code E-MAIL prints the"
        " current code.\ninstance/demo.json has the same data. Ctrl+C stops everything."
    )


def _may(person: Mapping[str, Any]) -> str:
    parts = [
        person["user_group"] or "",
        "approver" if person["approver"] else "",
        "operator" if person["operator"] else "",
        "" if person["terms_accepted"] else "terms not accepted yet",
    ]
    return ", ".join(part for part in parts if part)


def _addresses(addresses: Addresses) -> dict[str, str]:
    return {
        "issuer": addresses.issuer,
        "reporting_app": addresses.reporting_app,
        "outbox": addresses.outbox,
        "playground": f"{addresses.playground}/",
    }


def _announced(clients: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: client[name] for name in CLIENT_FIELDS} for client in clients]


def _replace(announced: Mapping[str, Any]) -> None:
    unfinished = ANNOUNCEMENT.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(announced, indent=2) + "\n")
    unfinished.replace(ANNOUNCEMENT)
