"""Conclusions from statements for any day."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from approvals.organisations.register import layouts
from approvals.organisations.register.stated_facts import StatedFacts
from approvals.organisations.register.timeline import (
    Period,
    Streams,
    Timeline,
    group_timeline,
    school_timeline,
)

FIRST, SECOND = date(2018, 5, 1), date(2018, 10, 1)


def _school(
    *said: tuple[date, StatedFacts | None], family: str = layouts.ESTABLISHMENTS
) -> Timeline:
    usual = StatedFacts(name="One School", type_code="01", status_code="1", la_code="201")
    words: list[tuple[date, StatedFacts | None]] = [
        (day, None if facts is None else {**usual, **facts}) for day, facts in said
    ]
    return school_timeline({layouts.ESTABLISHMENTS: words}, {})


def _on(timeline: Timeline, day: date) -> Period:
    (period,) = [each for each in timeline.periods if each.valid_from <= day < each.valid_to]
    return period


def _trust(timeline: Timeline, day: date) -> str | None:
    found = [each.uid for each in timeline.belongings if each.valid_from <= day < each.valid_to]
    assert len(found) <= 1
    return found[0] if found else None


def _links(*said: tuple[date, str, str | None]) -> Timeline:
    words: list[tuple[date, StatedFacts | None]] = []
    for day, uid, joined in said:
        facts = StatedFacts(name="One School", trust=uid)
        if joined:
            facts["joined_on"] = joined
        words.append((day, facts))
    return school_timeline({layouts.GROUP_LINKS: words}, {})


def test_school_timeline_changes_undated_facts_on_the_day_of_the_file() -> None:
    timeline = _school((FIRST, {"la_code": "835"}), (SECOND, {"la_code": "838"}))
    assert _on(timeline, SECOND - timedelta(days=1)).la_code == "835"
    assert _on(timeline, SECOND).la_code == "838"


def test_school_timeline_answers_earlier_days_from_the_first_file() -> None:
    timeline = _school((FIRST, {"diocese_code": "CE23"}))
    assert _on(timeline, date(2001, 1, 1)).diocese_code == "CE23"
    assert timeline.current["diocese_known_from"] == FIRST


def test_school_timeline_closes_a_school_before_the_day_of_the_file() -> None:
    closed: StatedFacts = {"status_code": "2", "closed_on": "2018-08-31"}
    timeline = _school((FIRST, {}), (SECOND, closed))
    assert _on(timeline, date(2018, 8, 30)).open
    assert not _on(timeline, date(2018, 8, 31)).open


def test_school_timeline_opens_a_closed_school_before_its_closing_date() -> None:
    timeline = _school((FIRST, {"status_code": "2", "closed_on": "2010-07-31"}))
    assert _on(timeline, date(2010, 7, 30)).open
    assert not _on(timeline, date(2010, 7, 31)).open


def test_school_timeline_opens_a_school_on_its_opening_date() -> None:
    timeline = _school((SECOND, {"opened_on": "2018-09-01"}))
    assert not _on(timeline, date(2018, 8, 31)).open
    assert _on(timeline, date(2018, 9, 1)).open


def test_school_timeline_follows_the_status_on_the_day_of_the_file() -> None:
    assert _on(_school((FIRST, {"opened_on": "2018-09-01"})), FIRST).open
    late = _school((FIRST, {"status_code": "2", "closed_on": "2018-08-31"}))
    assert not _on(late, FIRST).open


def test_school_timeline_closes_a_school_on_a_date_ahead() -> None:
    timeline = _school((FIRST, {"status_code": "3", "closed_on": "2018-08-31"}))
    assert _on(timeline, FIRST).status_code == "3"
    assert not _on(timeline, date(2018, 8, 31)).open


def test_school_timeline_ignores_closing_date_that_a_later_file_withdraws() -> None:
    closing: StatedFacts = {"status_code": "3", "closed_on": "2018-08-31"}
    timeline = _school((FIRST, closing), (SECOND, {"closed_on": ""}))
    assert _on(timeline, date(2018, 9, 15)).open


def test_school_timeline_follows_closing_date_that_a_later_file_moves() -> None:
    closing: StatedFacts = {"status_code": "3", "closed_on": "2018-08-31"}
    moved: StatedFacts = {"status_code": "2", "closed_on": "2018-09-15"}
    timeline = _school((FIRST, closing), (SECOND, moved))
    assert _on(timeline, date(2018, 9, 14)).open
    assert not _on(timeline, date(2018, 9, 15)).open


def test_school_timeline_follows_past_closing_date_that_a_later_file_moves() -> None:
    first: StatedFacts = {"status_code": "2", "closed_on": "2018-04-01"}
    newest: StatedFacts = {"status_code": "2", "closed_on": "2018-05-31"}
    timeline = _school((FIRST, first), (SECOND, newest))
    assert _on(timeline, date(2018, 5, 30)).open
    assert not _on(timeline, date(2018, 5, 31)).open


def test_school_timeline_follows_opening_date_that_a_later_file_moves() -> None:
    timeline = _school((FIRST, {"opened_on": "2018-01-01"}), (SECOND, {"opened_on": "2018-09-01"}))
    assert not _on(timeline, date(2018, 8, 31)).open
    assert _on(timeline, date(2018, 9, 1)).open


def test_school_timeline_opens_proposed_school_on_its_opening_date() -> None:
    timeline = _school((FIRST, {"status_code": "4", "opened_on": "2018-09-01"}))
    assert not _on(timeline, date(2018, 8, 31)).open
    assert _on(timeline, date(2018, 9, 1)).open


def test_school_timeline_ignores_opening_date_that_a_later_file_moves_or_withdraws() -> None:
    proposed: StatedFacts = {"status_code": "4", "opened_on": "2018-09-01"}
    moved = _school((FIRST, proposed), (SECOND, {"status_code": "4", "opened_on": "2019-09-01"}))
    assert not _on(moved, date(2018, 9, 2)).open
    assert _on(moved, date(2019, 9, 1)).open
    withdrawn = _school((FIRST, proposed), (SECOND, {"status_code": "4"}))
    assert not _on(withdrawn, date(2018, 9, 2)).open
    passed = _school((SECOND, proposed))
    assert not _on(passed, SECOND).open


def test_group_timeline_opens_and_closes_a_trust_on_the_dates_given_in_advance() -> None:
    proposed: StatedFacts = {
        "name": "T",
        "type_code": "06",
        "status_code": "PROPOSED_TO_OPEN",
        "opened_on": "2018-09-01",
    }
    closing: StatedFacts = {
        "name": "T",
        "type_code": "06",
        "status_code": "OPEN",
        "closed_on": "2019-08-31",
    }
    timeline = group_timeline({layouts.GROUPS: [(FIRST, proposed), (SECOND, closing)]}, {})
    days = (date(2018, 8, 31), date(2018, 9, 1), date(2019, 8, 30), date(2019, 8, 31))
    assert [_on(timeline, day).open for day in days] == [False, True, True, False]


def test_school_timeline_opens_proposed_to_close_and_not_proposed_to_open() -> None:
    assert _on(_school((FIRST, {"status_code": "3"})), FIRST).open
    assert not _on(_school((FIRST, {"status_code": "4"})), FIRST).open


def test_school_timeline_closes_a_school_absent_from_a_complete_file() -> None:
    timeline = _school((FIRST, {}), (SECOND, None))
    assert _on(timeline, SECOND - timedelta(days=1)).open
    assert not _on(timeline, SECOND).open
    assert timeline.current["closed_on"] == SECOND


def test_school_timeline_reopens_a_school_that_is_listed_again() -> None:
    third = SECOND + timedelta(days=200)
    timeline = _school((FIRST, {}), (SECOND, None), (third, {"opened_on": "1960-01-01"}))
    assert [_on(timeline, day).open for day in (FIRST, SECOND, third)] == [True, False, True]


def test_school_timeline_counts_a_trust_from_the_joined_date() -> None:
    timeline = _links((SECOND, "1700", "2018-09-01"))
    assert _trust(timeline, date(2018, 8, 31)) is None
    assert _trust(timeline, date(2018, 9, 1)) == "1700"


def test_school_timeline_follows_joined_date_that_a_later_file_moves_later() -> None:
    timeline = _links((FIRST, "1700", "2018-04-01"), (SECOND, "1700", "2018-09-01"))
    assert _trust(timeline, date(2018, 8, 31)) is None
    assert _trust(timeline, date(2018, 9, 1)) == "1700"


def test_school_timeline_follows_joined_date_that_a_later_file_moves_earlier() -> None:
    timeline = _links((FIRST, "1700", "2018-04-01"), (SECOND, "1700", "2018-02-01"))
    assert _trust(timeline, date(2018, 1, 31)) is None
    assert _trust(timeline, date(2018, 2, 1)) == "1700"


def test_school_timeline_moves_a_joined_date_across_a_file_that_it_contradicts() -> None:
    third = SECOND + timedelta(days=100)
    timeline = _links(
        (FIRST, "1700", "2018-04-01"), (SECOND, "1701", None), (third, "1700", "2018-09-01")
    )
    assert _trust(timeline, date(2018, 8, 31)) is None
    assert _trust(timeline, SECOND) == "1700"


def test_school_timeline_returns_to_a_trust_from_the_second_joined_date() -> None:
    third = SECOND + timedelta(days=100)
    timeline = _links(
        (FIRST, "1700", "2018-04-01"), (SECOND, "", None), (third, "1700", "2018-12-01")
    )
    days = (FIRST, SECOND, date(2018, 11, 30), date(2018, 12, 1))
    assert [_trust(timeline, day) for day in days] == ["1700", None, None, "1700"]


def test_school_timeline_stays_in_a_trust_until_the_joined_date_of_the_next_one() -> None:
    timeline = _links((FIRST, "1700", "2015-09-01"), (SECOND, "1701", "2019-01-01"))
    assert _trust(timeline, date(2018, 12, 31)) == "1700"
    assert _trust(timeline, date(2019, 1, 1)) == "1701"


def test_school_timeline_ends_a_trust_when_the_next_is_joined() -> None:
    timeline = _links((FIRST, "1700", "2015-09-01"), (SECOND, "1701", "2018-09-01"))
    assert _trust(timeline, date(2018, 8, 31)) == "1700"
    assert _trust(timeline, date(2018, 9, 1)) == "1701"


def test_school_timeline_ends_a_trust_when_a_complete_file_omits_the_school() -> None:
    facts: StatedFacts = {"name": "One School", "trust": "1700", "joined_on": "2015-09-01"}
    timeline = school_timeline({layouts.GROUP_LINKS: [(FIRST, facts), (SECOND, None)]}, {})
    assert _trust(timeline, SECOND - timedelta(days=1)) == "1700"
    assert _trust(timeline, SECOND) is None


def test_school_timeline_counts_an_undated_trust_before_its_first_file() -> None:
    timeline = _links((FIRST, "1700", None))
    assert _trust(timeline, date(2001, 1, 1)) == "1700"
    assert timeline.belongings[0].known_from == FIRST


def test_school_timeline_repeats_a_complete_file_after_another_family() -> None:
    streams: Streams = {
        layouts.ESTABLISHMENTS: [(FIRST, {"name": "A", "status_code": "1", "la_code": "201"})],
        layouts.GROUP_LINKS: [(date(2018, 6, 1), {"name": "A", "la_code": "202"})],
    }
    timeline = school_timeline(streams, {layouts.ESTABLISHMENTS: [FIRST, SECOND]})
    days = (FIRST, date(2018, 6, 1), SECOND)
    assert [_on(timeline, day).la_code for day in days] == ["201", "202", "201"]


def test_group_timeline_opens_a_trust_until_its_closing_date() -> None:
    facts: StatedFacts = {
        "name": "T",
        "type_code": "06",
        "status_code": "CLOSED",
        "closed_on": "2018-08-31",
    }
    timeline = group_timeline({layouts.GROUPS: [(SECOND, facts)]}, {})
    assert _on(timeline, date(2018, 8, 30)).open
    assert not _on(timeline, date(2018, 8, 31)).open


_DAYS = st.integers(0, 40).map(lambda offset: FIRST + timedelta(days=offset))
_FACTS = st.fixed_dictionaries(
    {"name": st.sampled_from(["A", "B"]), "status_code": st.sampled_from("1234")},
    optional={
        "opened_on": _DAYS.map(str),
        "closed_on": _DAYS.map(str),
        "la_code": st.sampled_from(["", "201", "202"]),
        "trust": st.sampled_from(["", "1700", "1701"]),
        "joined_on": _DAYS.map(str),
        "next_trust": st.tuples(st.sampled_from(["1700", "1701"]), _DAYS.map(str)).map(list),
    },
)


@given(st.dictionaries(_DAYS, st.none() | _FACTS, min_size=1, max_size=6))
def test_school_timeline_covers_every_day_once_without_overlapping_trusts(
    said: dict[date, StatedFacts | None],
) -> None:
    words = sorted(said.items())
    if words[0][1] is None:
        words = words[1:]
    if not words:
        return
    timeline = school_timeline({layouts.ESTABLISHMENTS: words}, {})
    periods = timeline.periods
    assert periods[0].valid_from == date.min
    assert periods[-1].valid_to == date(9999, 12, 31)
    for before, after in pairwise(periods):
        assert before.valid_to == after.valid_from
    for one, other in pairwise(timeline.belongings):
        assert one.valid_to <= other.valid_from
    day, facts = words[-1]
    assert _on(timeline, day).open == (facts is not None and facts["status_code"] in "13")
    if facts and facts["status_code"] == "2" and facts.get("closed_on", "9") <= day.isoformat():
        since = date.fromisoformat(facts["closed_on"])
        assert not any(period.open for period in periods if period.valid_from >= since)
