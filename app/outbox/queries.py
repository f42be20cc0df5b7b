"""Reads for operators: the mails of the last 30 days, without their texts.

Each look-up leaves an audit row, since it shows people's addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from app.audit import record_look_up
from app.outbox.models import OutboxMail
from app.outbox.statuses import FAILED, MailStatus, has_status, status_sql
from app.web.pagination import PER_PAGE, Page, paginate_rows


@dataclass(frozen=True)
class MailFilters:
    """Filters of the list of mails; empty ones narrow nothing.

    search: a part of the recipient's address.
    """

    search: str = ""
    statuses: frozenset[MailStatus] = frozenset()


@dataclass(frozen=True)
class ListedMail:
    """A mail of the list. key: its `dedupe_key`. cause: of the last failure."""

    key: str
    created_at: datetime
    recipient: str
    subject: str
    template: str
    status: MailStatus
    attempts: int
    next_attempt_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    cause: str | None

    @property
    def failed(self) -> bool:
        """Whether the mail did not arrive and is tried no more."""
        return self.status in FAILED

    @property
    def since(self) -> datetime | None:
        """When the mail was sent or failed; of one that is tried again, when that is due."""
        if self.status is MailStatus.RETRIED:
            return self.next_attempt_at
        return self.failed_at if self.failed else self.sent_at


def look_up_mails(filters: MailFilters, *, page: int, per_page: int = PER_PAGE) -> Page[ListedMail]:
    """Return one page of the mails that match, the latest first, and record the look-up."""
    found = paginate_rows(_matching(filters), page=page, per_page=per_page)
    record_look_up(
        "mail.listed",
        what=filters.search,
        of_status=" ".join(sorted(filters.statuses)),
        found=found.total,
    )
    return Page(
        [
            ListedMail(
                key=row[0],
                created_at=row[1],
                recipient=row[2],
                subject=row[3],
                template=row[4],
                status=MailStatus(row[5]),
                attempts=row[6],
                next_attempt_at=row[7],
                sent_at=row[8],
                failed_at=row[9],
                cause=row[10],
            )
            for row in found.rows
        ],
        found.number,
        found.per_page,
        found.total,
    )


def _matching(
    filters: MailFilters,
) -> Select[
    str,
    datetime,
    str,
    str,
    str,
    str,
    int,
    datetime,
    datetime | None,
    datetime | None,
    str | None,
]:
    statement = select(
        OutboxMail.dedupe_key,
        OutboxMail.created_at,
        OutboxMail.recipient,
        OutboxMail.subject,
        OutboxMail.template,
        status_sql(),
        OutboxMail.attempts,
        OutboxMail.next_attempt_at,
        OutboxMail.sent_at,
        OutboxMail.failed_at,
        OutboxMail.last_error,
    )
    if filters.search:
        statement = statement.where(OutboxMail.recipient.icontains(filters.search, autoescape=True))
    if filters.statuses:
        statement = statement.where(has_status(filters.statuses))
    return statement.order_by(OutboxMail.id.desc())
