"""Mails to people who asked for access, and names for them. Called inside `writing()`."""

from __future__ import annotations

from collections.abc import Sequence

from app.clock import now
from app.outbox import send_mail
from approvals.access_model.definition import join_phrases
from approvals.access_requests.facts import AskedFor
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.rules import Authority
from approvals.organisations.models import Organisation
from approvals.task_mails.actions import mail_decider
from identity.accounts.models import Account

_TEMPLATES = "access_requests"

BY = {
    Authority.APPROVER: "An approver of {}",
    Authority.PARENT: "An approver of a body that looks after {}",
    Authority.OPERATOR: "An operator of Secure Access",
    Authority.COMMAND: "An operator of Secure Access",
}
"""The decider in words for the asker, who does not learn the names of approvers."""

WITH = {
    Authority.APPROVER: "the approvers of {}",
    Authority.PARENT: "the approvers of the body that {} belongs to",
    Authority.OPERATOR: "the operators of Secure Access",
}
"""The people with whom a request is, in words for the asker."""


def group_name(service: str, code: str) -> str:
    """Return the name of a user group, or its code if the service no longer has it."""
    return Catalogue(now()).group_name(service, code)


def approved(
    account: Account,
    organisation: Organisation,
    asked: AskedFor,
    authority: Authority,
    *,
    waits: bool,
) -> None:
    """Notify the asker of the approval, and of what they can do now.

    waits: whether a second approver has to agree before the access starts.
    """
    services = Catalogue(now())
    granted = asked.granted or asked.user_group
    group = services.group(asked.service, granted)
    can, cannot = join_phrases([group] if group is not None else [])
    _send(
        "approved",
        account,
        organisation,
        asked,
        decider=BY[authority].format(organisation.name),
        granted=services.group_name(asked.service, granted),
        lesser=granted != asked.user_group,
        waits=waits,
        can=can,
        cannot=cannot,
    )


def rejected(
    account: Account,
    organisation: Organisation,
    asked: AskedFor,
    authority: Authority,
    reason: str,
) -> None:
    """Notify the asker of the rejection, with its reason."""
    decider = BY[authority].format(organisation.name)
    _send("rejected", account, organisation, asked, decider=decider, reason=reason)


def ended(account: Account, organisation: Organisation, asked: AskedFor, reason: str) -> None:
    """Notify the asker that the request ended without a decision, and why."""
    _send("ended", account, organisation, asked, reason=reason)


def passed_on(
    account: Account, organisation: Organisation, asked: AskedFor, level: Authority, page: str
) -> None:
    """Notify the asker that more people may decide the request now."""
    also = WITH[level].format(organisation.name)
    _send("passed_on", account, organisation, asked, also=also, page=page)


def waiting(account: Account, requests: Sequence[tuple[str, str]], count: int, page: str) -> None:
    """Notify a decider of the requests that wait for them.

    requests: of the oldest ones, the person with what they ask for, and the organisation.
    """
    mail_decider(
        account,
        f"{_TEMPLATES}/waiting",
        {
            "name": account.name,
            "requests": requests,
            "several": count > 1,
            "count": count,
            "more": count - len(requests),
            "page": page,
        },
    )


def _send(
    template: str,
    account: Account,
    organisation: Organisation,
    asked: AskedFor,
    **context: object,
) -> None:
    services = Catalogue(now())
    send_mail(
        to=account.email,
        template=f"{_TEMPLATES}/{template}",
        context={
            "name": account.name,
            "organisation": organisation.name,
            "service": services.service_name(asked.service),
            "user_group": services.group_name(asked.service, asked.user_group),
            **context,
        },
    )
