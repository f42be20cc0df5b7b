"""Addresses that were probably mistyped, and those that several people share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db
from identity.accounts.address_typos import likely_meant
from identity.accounts.models import Account
from identity.accounts.shared_addresses import is_shared, is_shared_sql
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.conftest import application, settings

KNOWN = frozenset({"ashfield.sch.uk", "dogwood-primary.example"})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bob@ashfeild.sch.uk", "bob@ashfield.sch.uk"),
        ("bob@ashfield.sch.ku", "bob@ashfield.sch.uk"),
        ("bob@ashfield.schuk", "bob@ashfield.sch.uk"),
        ("bob@dogwood-primry.example", "bob@dogwood-primary.example"),
        ("bob@gmial.com", "bob@gmail.com"),
        ("bob@gmail.co", "bob@gmail.com"),
        ("bob@hotmial.co.uk", "bob@hotmail.co.uk"),
        ("bob@birch.sch.ku", "bob@birch.sch.uk"),
        ("bob@birch.con", "bob@birch.com"),
        ("BOB@YAHOO.CON", "bob@yahoo.com"),
        ("bob@ashfield.sch.uk", None),
        ("bob@birch.sch.uk", None),
        ("bob@gmail.com", None),
        ("bob@ymail.com", None),
        ("bob@aol.co.uk", None),
        ("bob@contoso.com", None),
    ],
)
def test_domain_that_is_nearly_a_known_one_is_questioned(typed: str, meant: str | None) -> None:
    assert likely_meant(EmailAddress.parse(typed), KNOWN) == meant


SHARED = ["office@x.example", "OFFICE@x.example", "head@x.example", "admin+y@x.example"]
OWN = ["officer@x.example", "jo.head@x.example", "jo@office.example", "offic@x.example"]


@pytest.mark.usefixtures("app")
def test_shared_addresses_are_found_alike_by_rule_and_statement() -> None:
    for address in {each.casefold() for each in [*SHARED, *OWN]}:
        world.account(address)
    found = set(db.session.scalars(select(Account.email).where(is_shared_sql(Account.email_key))))
    assert found == {each.casefold() for each in SHARED}
    assert [each for each in [*SHARED, *OWN] if is_shared(EmailAddress.parse(each))] == SHARED


@pytest.fixture
def own_list(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    chosen = settings(
        database_url, mail_directory=tmp_path, shared_addresses="front-desk, Reception"
    )
    with application(chosen) as site:
        yield site


def test_setting_replaces_the_list_of_shared_addresses(own_list: Flask) -> None:
    with own_list.app_context():
        assert is_shared(EmailAddress.parse("front-desk@x.example"))
        assert is_shared(EmailAddress.parse("reception@x.example"))
        assert not is_shared(EmailAddress.parse("office@x.example"))
