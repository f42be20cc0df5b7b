"""How many people held each user group at the end of a day.

A person counts for a user group who had joined and held a grant that began before the midnight in
London that ends the day, and had not ended before it. Nothing else is asked: neither who made the
grant nor whether it opened anything. A person with two user groups is counted in each, and the
total is the sum of the lines, as in the published table.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from app.clock import end_of_day
from app.database import db
from app.refusal import RefusalError
from approvals.access_model import definitions
from approvals.memberships.models import Grant, Membership


@dataclass(frozen=True)
class GroupCount:
    """Line of the report: a user group and its number of users."""

    user_group: str
    users: int


@dataclass(frozen=True)
class Report:
    """`service` is a code. Groups stand in the order of the service's file."""

    as_of: date
    service: str
    service_name: str
    lines: tuple[GroupCount, ...]

    @property
    def total(self) -> int:
        return sum(line.users for line in self.lines)

    def as_json(self) -> dict[str, object]:
        return {
            "as_of": self.as_of.isoformat(),
            "service": self.service,
            "user_groups": [
                {"user_group": line.user_group, "users": line.users} for line in self.lines
            ],
            "total": self.total,
        }


def user_groups(service: str, as_of: date) -> Report:
    """Return the table as of the end of a day. Raises RefusalError."""
    midnight = end_of_day(as_of)
    last_moment = midnight - timedelta.resolution
    definition = definitions.service(service, midnight)
    if definition is None:
        raise RefusalError.of("unknown_service", f"There is no service with the code {service}.")
    rows = db.session.execute(
        select(Grant.user_group, func.count(Membership.account_id.distinct()))
        .join(Membership, Membership.id == Grant.membership_id)
        .where(
            Grant.service == service,
            Grant.counts_at(last_moment),
            Membership.joined_at <= last_moment,
        )
        .group_by(Grant.user_group)
    )
    users: dict[str, int] = {row[0]: row[1] for row in rows}
    lines = [GroupCount(group.name, users.pop(group.code, 0)) for group in definition.groups]
    # Grants of user groups that the file no longer has are not hidden.
    lines += [GroupCount(code, count) for code, count in sorted(users.items())]
    return Report(as_of, service, definition.name, tuple(lines))
