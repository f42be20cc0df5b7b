"""A remit as JSON, the same for the API and the command."""

from collections.abc import Sequence

from approvals.remits.notes import notes
from approvals.remits.remit import Remit, School


def as_json(remit: Remit, schools: Sequence[School]) -> dict[str, object]:
    """Return the body without `next`, with these schools of the remit."""
    return {
        "kind": remit.kind,
        "key": remit.key,
        "as_of": remit.on.isoformat(),
        "count": remit.count,
        "version": remit.version,
        "notes": notes(remit),
        "schools": [
            {"urn": school.urn, "name": school.name, "basis": school.basis} for school in schools
        ],
    }
