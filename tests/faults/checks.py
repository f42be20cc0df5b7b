"""All invariants, by their id in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.faults import invariants as of_data
from tests.faults import invariants_of_service as of_service
from tests.faults.evidence import Evidence
from tests.faults.verdict import Verdict

INVARIANTS: Mapping[str, Callable[[Evidence], Verdict]] = {
    "I1": of_data.nothing_acknowledged_is_lost,
    "I2": of_data.nothing_is_used_twice,
    "I3": of_data.every_change_has_one_audit_row,
    "I4": of_data.no_message_is_lost,
    "I5": of_data.nothing_works_after_its_end,
    "I6": of_data.throttles_hold,
    "I7": of_service.bulk_rows_are_applied_once,
    "I8": of_service.errors_leave_nothing_half_done,
    "I9": of_service.tokens_verify,
    "I10": of_service.no_answer_holds_data_of_others,
    "I11": of_service.errors_stop_with_the_fault,
    "I12": of_service.resources_return,
}


def check(evidence: Evidence) -> dict[str, Verdict]:
    """Return the verdict on each invariant."""
    return {name: checker(evidence) for name, checker in INVARIANTS.items()}
