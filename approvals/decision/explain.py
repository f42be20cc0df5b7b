"""Reasons for an answer about access, as text: those of the decision and those of the sign-in.

No rule stands here: `decision` and `sign_in_checks` are asked, and what they answer is printed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast

from app.clock import day_of
from app.days import date_text, end_in_words, in_words, moment_in_words
from app.refusal import Refusal, RefusalError
from approvals.access_model import definitions, versions
from approvals.access_model.definition import join_phrases
from approvals.decision import decision, sign_in_checks
from approvals.decision.decision import AccessDecision
from approvals.decision.decision_types import RemitScope
from approvals.organisations import knowledge
from approvals.organisations import queries as organisations
from approvals.organisations.models import Organisation
from approvals.remits.later import learned_later
from approvals.remits.notes import notes
from approvals.remits.remit import Remit, Scope, remit_of
from identity.accounts.queries import account_at
from identity.email_address import EmailAddress

FEW = 10


def explain(
    email: EmailAddress, service: str, organisation: Organisation | None, at: datetime
) -> Iterator[str]:
    """Return lines of text. Raises RefusalError."""
    account = account_at(email)
    definition = definitions.service(service, at)
    if definition is None:
        raise RefusalError.of(
            "unknown_subject",
            f"There is no service with the code {service}. "
            "`secure-access services find` lists the codes.",
        )
    if account is not None:
        name = f"{account.name} ({account.email})"
        answers = (
            decision.decisions_of_person(account.id, service, at)
            if organisation is None
            else [decision.decide_by_id(account.id, service, organisation.public_id, at)]
        )
    else:
        name, answers = email.text, decision.decisions_of_invited(email, service, at)
        if not answers:
            raise RefusalError.of(
                "unknown_subject",
                f"There is no account with the address {email}, and no invitation to it. "
                "`secure-access accounts find` finds people by name or address.",
            )
    stopped = sign_in_checks.sign_in_refusals(account, service, at) if account else []
    return _lines(f"{name}, {definition.name}, {date_text(at)}", service, answers, stopped, at)


def _lines(
    heading: str,
    service: str,
    answers: Sequence[AccessDecision],
    stopped: Sequence[Refusal],
    at: datetime,
) -> Iterator[str]:
    yield heading
    first = versions.first_version(service)
    if first is not None and at < first:
        yield (
            f"The access model was first loaded on {moment_in_words(first)}; "
            "its first version is used for earlier moments."
        )
    for answer in answers:
        yield from _about(answer, bool(stopped), at)
    if not answers:
        yield "The account belongs to no organisation."
    if stopped:
        yield "Signing in:"
        yield from (f"  - {reason.sentence}" for reason in stopped)


def find(text: str) -> Sequence[Organisation]:
    """Return organisations with this public id, identifier or name; at most a few."""
    exact = organisations.by_public_id(text)
    return [exact] if exact else organisations.search(text, limit=FEW)


def _about(answer: AccessDecision, stopped: bool, at: datetime) -> Iterator[str]:
    given = answer.decision
    organisation = organisations.by_public_id(answer.organisation.public_id)
    if not given.allowed:
        yield f"{answer.organisation.name}: may not enter"
        yield from (f"  - {reason.sentence}" for reason in given.reasons)
        if any(reason.code == "OrganisationIsOpen" for reason in given.reasons):
            yield from _known_since(organisation, at, is_open=False)
        return
    verdict = "may enter once what stands under “Signing in” is settled" if stopped else "may enter"
    yield f"{answer.organisation.name}: {verdict}"
    yield from _known_since(organisation, at, is_open=True)
    for group in given.user_groups:
        yield f"  as {group.name}"
    can, cannot = join_phrases(given.user_groups)
    yield from (f"    can {line}" for line in can)
    yield from (f"    cannot {line}" for line in cannot)
    if organisation is not None and given.remit is not None:
        yield from _schools(organisation, given.remit, at)
    until = min((grant.valid_to for grant in given.grants if grant.valid_to), default=None)
    if until is not None:
        yield f"  until {end_in_words(until)}"


def _known_since(
    organisation: Organisation | None, at: datetime, *, is_open: bool
) -> Iterator[str]:
    """Yield a line if the register said something else, or nothing, at the moment itself."""
    learned = knowledge.learned_openness(organisation, day_of(at)) if organisation else None
    if learned is None or learned.since <= at:
        return
    since = moment_in_words(learned.since)
    if not is_open:
        yield f"    (known since {since}: until then access was decided without this)"
    elif learned.earlier is False:
        yield f"  (counted as closed until {since}, when a register file said that it was open)"


def _schools(organisation: Organisation, scope: RemitScope, at: datetime) -> Iterator[str]:
    if scope.scope == "training":
        yield "  for the made-up schools of the training environment"
        return
    try:
        remit = remit_of(organisation, cast(Scope, scope.scope), at)
    except RefusalError as error:
        yield f"  for no school: {error}"
        return
    count = remit.count
    later = learned_later(remit, at)
    schools = "1 school" if count == 1 else f"{count:,} schools"
    if 0 < count <= FEW:
        yield f"  for {schools}:"
        for school in remit.schools:
            since = later.get(school.urn)
            known = f"; known since {moment_in_words(since)}" if since else ""
            yield f"    {school.urn} {school.name} ({school.basis}{known})"
    elif count:
        yield f"  for {schools}; to list them: {_command(remit)}"
        if later:
            yield (
                f"    {len(later):,} of them by register files that were imported later, "
                f"the last on {moment_in_words(max(later.values()))}"
            )
    else:
        yield f"  for no school on {in_words(remit.on)}"
    yield from (f"    {note}" for note in notes(remit))


def _command(remit: Remit) -> str:
    key = f" {remit.key}" if remit.key else ""
    return f"secure-access remits show {remit.kind}{key} --at {remit.on.isoformat()}"
