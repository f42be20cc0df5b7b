"""A service's file is refused with file, key and reason for everything that is wrong in it."""

import pytest

from approvals.access_model import schema
from approvals.access_model.loading import scopes_of_kinds
from approvals.access_model.schema import UnusableFile

LIBRARY = """
code = "library"
name = "Library"
description = "Books for schools."
one_user_group = false

[schools]
own = "see the school's loans"
remit = "see the loans of the schools in the remit"
all = "see all loans"
training = "see made-up loans"

[capabilities.lend]
line = "lend books"
sentence = "The person may lend books."

[capabilities.count]
line = "count books"
sentence = "The person may count books."

[[user_groups]]
code = "Lender"
name = "Lender"
summary = "Lends books"
kinds = ["establishment"]
schools = "own"
capabilities = ["lend"]

[[user_groups]]
code = "Counter"
name = "Counter"
summary = "Counts books"
kinds = ["establishment"]
schools = "own"
capabilities = ["count"]
"""


def problems(text: str) -> list[str]:
    with pytest.raises(UnusableFile) as refused:
        schema.read(text.encode(), "library.toml", scopes_of_kinds())
    return [str(problem) for problem in refused.value.problems]


def test_read_accepts_a_valid_file() -> None:
    service = schema.read(LIBRARY.encode(), "library.toml", scopes_of_kinds())
    assert [group.code for group in service.groups] == ["Lender", "Counter"]
    assert schema.from_data(service.model_dump(mode="json", exclude_defaults=True)) == service


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "Library"\n', "", "name: is missing"),
        ('code = "library"', 'code = "Lib rary"', "code: must begin with a letter and hold only"),
        (
            "one_user_group = false",
            'one_user_group = "no"',
            "one_user_group: must be true or false",
        ),
        ("one_user_group = false", "one_user_group = false\ncolour = 1", "colour: is not a key"),
        ('schools = "own"', 'schools = "some"', "user_groups[1].schools: must be 'own', 'remit'"),
        (
            'schools = "own"',
            'schools = "remit"',
            "[1].schools: remit makes no sense for a establish",
        ),
        (
            'own = "see the school\'s loans"',
            "",
            "schools.own: is missing, and Lender needs its line",
        ),
        ('["lend"]', '["burn"]', "user_groups[1].capabilities: burn is not among this file's"),
        ('["lend"]', '"lend"', "user_groups[1].capabilities: must be a list"),
        ('kinds = ["establishment"]\n', "", "user_groups[1]: name the kinds of organisation"),
        (
            '["establishment"]',
            '["castle"]',
            "[1].kinds: castle is no kind of organisation: use one",
        ),
        ('["establishment"]', "[1]", "user_groups[1].kinds[1]: must be text in quotation marks"),
        ('code = "Counter"', 'code = "Lender"', "user_groups[2].code: Lender is there twice"),
        ('line = "lend books"', 'line = " "', "capabilities.lend.line: must be one line of text"),
        (
            'schools = "own"',
            'schools = "all"',
            "user_groups[1].kinds: the scope all is given to listed organisations only",
        ),
        (
            'schools = "own"',
            'schools = "own"\nenvironment = "training"',
            "user_groups[1].environment: training schools and the training environment",
        ),
        (
            'kinds = ["establishment"]',
            'organisations = ["attic"]',
            "user_groups[1].organisations: attic is not among this file's organisations",
        ),
        (
            "[[user_groups]]",
            '[[organisations]]\nkey = "attic"\nkind = "department"\nname = "A"\n[[user_groups]]',
            "organisations[1].key: no user group is for attic",
        ),
        (
            "[[user_groups]]",
            '[not_offered]\nestablishment = "No."\n[[user_groups]]',
            "not_offered.establishment: a user group is offered to this kind",
        ),
        ("[[user_groups]]", "[[user_groups", "library.toml: TOML: Expected"),
    ],
)
def test_read_names_a_problem_with_file_key_and_reason(old: str, new: str, problem: str) -> None:
    found = problems(LIBRARY.replace(old, new, 1))
    assert any(each.startswith("library.toml: ") and problem in each for each in found), found


def test_read_names_every_problem_at_once() -> None:
    text = LIBRARY.replace('["lend"]', '["burn"]').replace('["count"]', '["lose"]')
    assert len(problems(text)) == 2


def test_read_refuses_text_that_is_not_utf8() -> None:
    with pytest.raises(UnusableFile, match="is not UTF-8 text"):
        schema.read(b'name = "\xff"', "library.toml", scopes_of_kinds())


TRUST = LIBRARY.replace(
    'kinds = ["establishment"]\nschools = "own"\ncapabilities = ["count"]',
    'kinds = ["multi_academy_trust"]\nschools = "remit"\ncapabilities = ["count"]',
)


def test_read_accepts_different_schools_for_groups_of_different_kinds() -> None:
    assert schema.read(TRUST.encode(), "library.toml", scopes_of_kinds()).code == "library"


def test_read_refuses_different_schools_for_groups_held_together() -> None:
    text = TRUST.replace('kinds = ["establishment"]', 'kinds = ["multi_academy_trust"]', 1).replace(
        'schools = "own"', 'schools = "training"\nenvironment = "training"', 1
    )
    assert problems(text) == [
        (
            "library.toml: user_groups[2].schools: may be held together with Lender, whose "
            "schools are training"
        ),
        (
            "library.toml: user_groups[2].environment: may be held together with Lender, whose "
            "environment is training"
        ),
    ]


def test_read_counts_groups_of_the_kind_of_a_listed_organisation() -> None:
    text = TRUST + (
        '[[user_groups]]\ncode = "Board"\nname = "Board"\nsummary = "All"\n'
        'organisations = ["board"]\nschools = "all"\ncapabilities = []\n'
        '[[organisations]]\nkey = "board"\nkind = "multi_academy_trust"\nname = "Board"\n'
        'uid = "1700"\n'
    )
    assert problems(text) == [
        (
            "library.toml: user_groups[3].schools: may be held together with Counter, whose "
            "schools are remit"
        )
    ]


def test_read_accepts_different_schools_if_one_group_is_allowed() -> None:
    text = TRUST.replace("one_user_group = false", "one_user_group = true").replace(
        'kinds = ["establishment"]\nschools = "own"',
        'kinds = ["multi_academy_trust"]\nschools = "training"\nenvironment = "training"',
    )
    assert schema.read(text.encode(), "library.toml", scopes_of_kinds()).one_user_group
