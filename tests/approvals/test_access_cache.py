"""Claims that are kept between the requests of a service, and the changes that end them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import bindparam, delete, select, text, update

from app.clock import now
from app.database import CompiledQuery, db, writing
from approvals import access_cache
from approvals.access_model import loading
from approvals.memberships.models import Grant, Membership
from approvals.organisations.by_hand import close_organisation, rename_organisation
from approvals.organisations.importing import import_file, in_order
from approvals.organisations.models import Organisation
from approvals.organisations.synthetic import write_county
from approvals.terms import actions as terms
from identity.accounts.account_snapshot import WITH_ACCOUNT, AccountSnapshot, snapshot_from
from identity.accounts.models import Account
from identity.oidc.cache import cache
from identity.ports import ServiceClaims, approvals
from tests.approvals.decision import world
from tests.sent import statements

SERVICE = "school_performance"
NAME = "Diocese of Elm"
_ACCOUNT: CompiledQuery[Any] = CompiledQuery(
    select(Account.id.label("account_id"), *WITH_ACCOUNT).where(Account.id == bindparam("id"))
)


@pytest.fixture
def ada(app: Flask) -> Account:
    """A person with a user group of a diocese, which is added by hand."""
    world.load_school_performance()
    ada = world.person()
    place = world.organisation(NAME, "diocese", diocese_code="CE99")
    world.grant(world.member(ada, place), "Diocese_Named")
    return ada


def as_endpoints_read(account: Account) -> AccountSnapshot:
    db.session.rollback()
    return read(account)


def read(account: Account) -> AccountSnapshot:
    row = _ACCOUNT.one(id=account.id)
    assert row is not None
    return snapshot_from(row)


def place() -> str:
    found = diocese().public_id
    db.session.rollback()
    return found


def diocese() -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.kind == "diocese")).one()


def claims_of(account: Account) -> ServiceClaims | None:
    """Claims as a token of the person carries them now."""
    return approvals().claims(as_endpoints_read(account), SERVICE, place(), now())


def member_of(claims: ServiceClaims, scope: str, claim: str, member: str) -> object:
    """Return a member of a claim that is an object."""
    value = claims.by_scope[scope][claim]
    assert isinstance(value, dict)
    return value[member]


def user_groups(account: Account) -> list[object]:
    found = claims_of(account)
    return [] if found is None else [member_of(found, "access", "user_group", "code")]


def may_enter(account: Account) -> bool:
    """Return whether the person can enter the service through one of their organisations."""
    entrances = approvals().entrances(as_endpoints_read(account), SERVICE, now())
    return any(entrance.allowed for entrance in entrances)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_second_request_reads_no_access_facts(ada: Account) -> None:
    person, where = as_endpoints_read(ada), place()
    first = approvals().claims(person, SERVICE, where, now())
    entrances = approvals().entrances(person, SERVICE, now())
    with statements() as sent:
        assert approvals().entrances(person, SERVICE, now()) == entrances
        again = approvals().claims(person, SERVICE, where, now())
        due = approvals().terms_due(person, SERVICE, now(), newly=False)
    assert first is not None
    assert (again, list(due), sent) == (first, [], [])


def end_the_grant_by_the_orm(_ada: Account) -> None:
    with writing() as session:
        session.scalars(select(Grant)).one().valid_to = now()


def end_the_grant_by_a_statement(_ada: Account) -> None:
    with writing() as session:
        session.execute(update(Grant).values(valid_to=now()))


def end_the_grant_by_hand(_ada: Account) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE access_grant SET valid_to = valid_from"))


def delete_the_grant(_ada: Account) -> None:
    with writing() as session:
        session.execute(delete(Grant))


def end_the_membership(_ada: Account) -> None:
    with writing() as session:
        session.execute(update(Membership).values(valid_to=now()))


def give_the_membership_to_another_person(_ada: Account) -> None:
    with writing() as session:
        session.execute(update(Membership).values(account_id=world.person("Bo Lee").id))


@pytest.mark.parametrize(
    "change",
    [
        end_the_grant_by_the_orm,
        end_the_grant_by_a_statement,
        end_the_grant_by_hand,
        delete_the_grant,
        end_the_membership,
        give_the_membership_to_another_person,
    ],
)
def test_claims_end_with_the_change_whatever_statement_makes_it(
    ada: Account, change: Callable[[Account], None]
) -> None:
    assert user_groups(ada) == ["Diocese_Named"]
    assert may_enter(ada)
    change(ada)
    assert user_groups(ada) == []
    assert not may_enter(ada)


def test_claims_follow_a_second_grant(ada: Account) -> None:
    assert user_groups(ada) == ["Diocese_Named"]
    with writing() as session:
        session.execute(update(Grant).values(user_group="No_Such_Group"))
    assert user_groups(ada) == []
    with writing() as session:
        session.execute(update(Grant).values(user_group="Diocese_Named"))
    assert user_groups(ada) == ["Diocese_Named"]


def test_claims_of_a_change_that_was_rolled_back_are_not_kept(ada: Account) -> None:
    def fail_after_the_change() -> None:
        with writing() as session:
            session.execute(delete(Grant))
            session.flush()
            assert approvals().claims(read(ada), SERVICE, where, now()) is None
            raise ZeroDivisionError

    where = place()
    with pytest.raises(ZeroDivisionError):
        fail_after_the_change()
    assert user_groups(ada) == ["Diocese_Named"]


def test_claims_end_at_the_last_moment_of_a_grant(ada: Account) -> None:
    end = now() + timedelta(seconds=30)
    with writing() as session:
        session.execute(update(Grant).values(valid_to=end))
    assert user_groups(ada) == ["Diocese_Named"]
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert user_groups(ada) == ["Diocese_Named"]
        assert may_enter(ada)
    with time_machine.travel(end, tick=False):
        assert user_groups(ada) == []
        assert not may_enter(ada)


def test_claims_begin_at_the_first_moment_of_a_grant(ada: Account) -> None:
    begin = now() + timedelta(seconds=30)
    with writing() as session:
        session.execute(update(Grant).values(valid_from=begin))
    assert user_groups(ada) == []
    with time_machine.travel(begin, tick=False):
        assert user_groups(ada) == ["Diocese_Named"]


def test_accepted_terms_are_in_the_next_claims(ada: Account) -> None:
    version = world.publish(SERVICE)
    assert approvals().terms_due(as_endpoints_read(ada), SERVICE, now(), newly=False)
    found = claims_of(ada)
    assert found is not None
    assert "terms" not in found.by_scope["access"]
    terms.accept(ada, [version], "sid", now())
    assert not approvals().terms_due(as_endpoints_read(ada), SERVICE, now(), newly=False)
    found = claims_of(ada)
    assert found is not None
    assert member_of(found, "access", "terms", "version") == 1


def test_published_terms_are_due_at_the_next_request(ada: Account) -> None:
    assert not approvals().terms_due(as_endpoints_read(ada), SERVICE, now(), newly=False)
    terms.publish("# Terms\n\nDo no harm.", service=SERVICE, accept_again=True)
    assert approvals().terms_due(as_endpoints_read(ada), SERVICE, now(), newly=False)


def test_renamed_organisation_is_in_the_next_claims(ada: Account) -> None:
    def name() -> object:
        found = claims_of(ada)
        assert found is not None
        return member_of(found, "organisation", "organisation", "name")

    assert name() == NAME
    rename_organisation(diocese(), "Diocese of Ash")
    assert name() == "Diocese of Ash"


def test_claims_end_with_their_organisation(ada: Account) -> None:
    assert user_groups(ada) == ["Diocese_Named"]
    close_organisation(diocese())
    assert user_groups(ada) == []


def test_import_of_the_register_ends_kept_claims(ada: Account, tmp_path: Path) -> None:
    def revision() -> int:
        cache().forget()
        return cache().revision()

    first, *_ = in_order(write_county(tmp_path), date(2026, 9, 1))
    before = revision()
    import_file(first, as_of=date(2026, 9, 1))
    assert revision() > before


def test_value_read_before_a_change_of_public_data_is_not_used_after_it(ada: Account) -> None:
    person = as_endpoints_read(ada)
    before = access_cache.revisions_of(person)
    terms.publish("# Terms\n\nDo no harm.", service=SERVICE, accept_again=True)
    access_cache.store(person, before, "key", now(), "read before", [])
    found = access_cache.get_or_load(person, "key", now(), lambda: ("read after", []))
    assert found == "read after"


def test_new_version_of_a_service_counts_at_the_next_request(ada: Account, tmp_path: Path) -> None:
    assert user_groups(ada) == ["Diocese_Named"]
    shipped = world.SCHOOL_PERFORMANCE.read_text()
    changed = tmp_path / "school_performance.toml"
    changed.write_text(shipped.replace("Diocese_Named", "Diocese_Names"))
    loading.load([changed])
    assert user_groups(ada) == []
