"""The file that is shipped says what the published access model says."""

import csv
from pathlib import Path

import pytest

from approvals.access_model import loading, schema
from approvals.access_model.definition import ServiceDefinition

PUBLISHED = Path(__file__).with_name("access_model.csv")
FILE = loading.SHIPPED / "school_performance.toml"
CAPABILITIES = ("view_pupil_names", "download_pupil_data", "upload_data", "print_reports")


@pytest.fixture(scope="module")
def service() -> ServiceDefinition:
    return schema.read(FILE.read_bytes(), FILE.name, loading.scopes_of_kinds())


def test_school_performance_has_the_fifteen_published_user_groups(
    service: ServiceDefinition,
) -> None:
    kinds = {listed.key: listed.kind for listed in service.organisations}
    shipped = [
        {
            "code": group.code,
            "user_group": group.name,
            "organisation_kind": " ".join(
                [*group.kinds, *(kinds[key] for key in group.organisations)]
            ),
            "schools": group.schools,
        }
        | {code: "yes" if code in group.capabilities else "no" for code in CAPABILITIES}
        for group in service.groups
    ]
    with PUBLISHED.open(newline="") as file:
        published = [
            {name: value for name, value in row.items() if not name.startswith("users_")}
            for row in csv.DictReader(file)
        ]
    assert shipped == published


def test_school_performance_opens_all_schools_to_listed_organisations_only(
    service: ServiceDefinition,
) -> None:
    assert {group.code for group in service.groups if not group.kinds} == {
        group.code for group in service.groups if group.schools == "all"
    }


def test_school_performance_has_a_training_environment(service: ServiceDefinition) -> None:
    assert [group.code for group in service.groups if group.environment == "training"] == [
        "Training_Anon"
    ]


def test_school_performance_describes_each_group_in_sentences(service: ServiceDefinition) -> None:
    for group in service.groups:
        assert len(group.can) == 1 + len(group.capabilities)
        assert len(group.can) + len(group.cannot) == 1 + len(CAPABILITIES)


def test_school_performance_explains_why_a_single_academy_trust_has_no_group(
    service: ServiceDefinition,
) -> None:
    assert service.offered_to("single_academy_trust", ()) == ()
    assert "its school does" in service.not_offered["single_academy_trust"]
