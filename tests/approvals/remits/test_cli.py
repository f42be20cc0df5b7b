"""`secure-access remits show`: the schools of a body on any day."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import update

from app.database import writing
from approvals.organisations import queries
from approvals.organisations.models import Organisation, OrganisationPeriod
from approvals.organisations.synthetic.county import MARLSHIRE, SNAPSHOTS
from approvals.remits.notes import notes
from approvals.remits.remit import remit_of_key

DAY = SNAPSHOTS[0] - timedelta(days=1)


def show(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["remits", "show", *arguments])


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_remits_show_lists_the_schools_of_a_day_with_their_basis(app: Flask, form: str) -> None:
    remit = remit_of_key("local_authority", MARLSHIRE, DAY)
    assert remit is not None
    assert remit.earliest_known
    result = show(app, remit.kind, MARLSHIRE, "--at", str(DAY), "--format", form)
    assert result.exit_code == 0
    if form == "json":
        body = json.loads(result.stdout)
        assert (body["as_of"], body["count"]) == (str(DAY), remit.count)
        assert [each["basis"] for each in body["schools"]] == [s.basis for s in remit.schools]
    elif form == "csv":
        rows = list(csv.reader(io.StringIO(result.stdout)))
        assert rows == [["urn", "name", "basis"]] + [
            [each.urn, each.name, each.basis] for each in remit.schools
        ]
    else:
        assert all(each.urn in result.stdout for each in remit.schools)
    assert "their earliest known state is used" in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["local_authority", "999"], "No remit local_authority has the key 999."),
        (["local_authority", ""], "it is empty"),
        (["local_authority"], "Give the key of the remit local_authority"),
        (["all", "900"], "The remit all has no key: leave out 900."),
        (["all", "--at", "2998-01-01"], "1 January 2998 is in the future"),
        (["all", "--at", "9999-12-31"], "The year must be from 1000 to 2999"),
        (["nothing"], "is not one of"),
    ],
)
def test_remits_show_refuses_with_a_sentence(
    app: Flask, arguments: list[str], sentence: str
) -> None:
    result = show(app, *arguments)
    assert result.exit_code != 0
    assert sentence in result.output


def test_notes_name_the_other_codes_of_an_authority_that_is_known_only_in_part(
    app: Flask,
) -> None:
    day = SNAPSHOTS[0]
    remit = remit_of_key("local_authority", MARLSHIRE, day)
    assert remit is not None
    assert not any("other authorities" in note for note in notes(remit))
    moved = [school.urn for school in remit.schools][:3]
    with writing() as session:
        # These have another code on the first day, and Marlshire's from the next on.
        for school in [queries.by_identifier(f"urn:{urn}") for urn in moved]:
            assert school is not None
            period = queries.period_on(school, day)
            assert period is not None
            session.add(
                OrganisationPeriod(
                    organisation_id=school.id,
                    valid_from=day + timedelta(days=1),
                    valid_to=period.valid_to,
                    open=period.open,
                    name=period.name,
                    type_code=period.type_code,
                    la_code=MARLSHIRE,
                )
            )
            period.valid_to, period.la_code = day + timedelta(days=1), "835"
        # One more school is known to be of an authority only by a later file.
        session.execute(
            update(Organisation)
            .where(Organisation.urn == remit.schools[4].urn)
            .values(la_known_from=date(2026, 1, 1))
        )
    assert any("of today's schools" in note and "835: 3" in note for note in notes(remit))
    other = remit_of_key("local_authority", MARLSHIRE, date(2026, 1, 1))
    assert other is not None
    assert not any("other authorities" in note for note in notes(other))
