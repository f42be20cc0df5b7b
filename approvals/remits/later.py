"""Schools that are in a past day's remit because of register files imported after that day."""

from collections.abc import Mapping
from datetime import date, datetime

from app.clock import now
from app.database.dated_rows import covers
from approvals.organisations import knowledge
from approvals.organisations.kinds import RemitRule
from approvals.organisations.register.timeline import Period, Timeline
from approvals.remits.remit import Remit


def learned_later(remit: Remit, at: datetime) -> Mapping[str, datetime]:
    """Return the URNs of schools that were not known to be in the remit at the moment.

    The value is the moment of the import that made it known. The result is empty if nothing had
    been imported by `at`, and for remits that name no body to which a school belongs.
    """
    is_in = _BODIES.get(remit.rule) if remit.rule else None
    if is_in is None or at >= now() or not knowledge.was_imported_by(at):
        return {}

    def belongs(timeline: Timeline, day: date) -> bool | None:
        period = knowledge.period_on(timeline, day)
        return None if period is None else period.open and is_in(remit, timeline, period, day)

    keys = [f"urn:{school.urn}" for school in remit.stream()]
    return {
        key.removeprefix("urn:"): each.since
        for key, each in knowledge.learned(keys, remit.on, belongs).items()
        if each.since > at
    }


def _is_in_authority(remit: Remit, _timeline: Timeline, period: Period, _day: date) -> bool:
    return period.la_code == remit.key


def _is_in_diocese(remit: Remit, _timeline: Timeline, period: Period, _day: date) -> bool:
    return period.diocese_code == remit.key


def _is_in_trust(remit: Remit, timeline: Timeline, _period: Period, day: date) -> bool:
    return any(
        each.uid == remit.key and covers(each.valid_from, each.valid_to, day)
        for each in timeline.belongings
    )


_BODIES = {
    RemitRule.LOCAL_AUTHORITY: _is_in_authority,
    RemitRule.DIOCESE: _is_in_diocese,
    RemitRule.TRUST: _is_in_trust,
}
"""Whether a school is in the body of a remit on a day, by the rule of the remit."""
