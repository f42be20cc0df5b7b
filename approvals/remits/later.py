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

    Each with the moment of the import since which it is known. Empty where the register held
    nothing at `at`, and for `own` and `all`, which name no body that a school belongs to.
    """
    if remit.rule in (None, RemitRule.OWN) or at >= now() or not knowledge.was_imported_by(at):
        return {}

    def belongs(timeline: Timeline, day: date) -> bool | None:
        period = knowledge.period_on(timeline, day)
        return None if period is None else period.open and _is_in(remit, timeline, period, day)

    keys = [f"urn:{school.urn}" for school in remit.stream()]
    return {
        key.removeprefix("urn:"): each.since
        for key, each in knowledge.learned(keys, remit.on, belongs).items()
        if each.since > at
    }


def _is_in(remit: Remit, timeline: Timeline, period: Period, day: date) -> bool:
    if remit.rule is RemitRule.LOCAL_AUTHORITY:
        return period.la_code == remit.key
    if remit.rule is RemitRule.DIOCESE:
        return period.diocese_code == remit.key
    return any(
        each.uid == remit.key and covers(each.valid_from, each.valid_to, day)
        for each in timeline.belongings
    )
