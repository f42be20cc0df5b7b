"""`secure-access accounts`: finding people, suspending and restoring them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from app.actors import Actor, set_current_actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal
from app.days import moment_in_words
from app.typed_text import LONGEST_REASON, clean_text
from identity.accounts.email_argument import EMAIL_ADDRESS

if TYPE_CHECKING:
    from identity.accounts.models import Account
    from identity.email_address import EmailAddress

accounts_cli = AppGroup("accounts", help="Find people, suspend their accounts and restore them.")


@accounts_cli.command("suspend")
@click.argument("email", type=EMAIL_ADDRESS)
@click.option("--yes", is_flag=True, help="Suspend an only approver without confirmation.")
def suspend(email: EmailAddress, yes: bool) -> None:
    """Suspend an account: end its sessions and tokens at once, and refuse every sign-in."""
    account = _account(email)
    with show_refusal():
        done = _suspend(account, yes=yes)
    outcome = "suspended; all sessions have ended" if done else "suspended already"
    click.echo(f"{account.email}: {outcome}.")


@accounts_cli.command("restore")
@click.argument("email", type=EMAIL_ADDRESS)
def restore(email: EmailAddress) -> None:
    """Restore a suspended account."""
    from identity.administration import suspension

    account = _account(email)
    done = suspension.restore(account, actor=Actor.command("accounts restore"))
    click.echo(f"{account.email}: {'restored' if done else 'not suspended'}.")


@accounts_cli.command("reset-second-step")
@click.argument("email", type=EMAIL_ADDRESS)
@click.option(
    "--reason",
    type=NAME,
    required=True,
    help="Reason for the reset and the check of identity.",
)
def reset_second_step(email: EmailAddress, reason: str) -> None:
    """Reset a lost second step where there are too few operators to decide in the console.

    The person gets the link after the waiting time. All operators and approvers get a mail.
    """
    from identity.ports import approvals

    account = _account(email)
    with show_refusal():
        reason = clean_text(reason, "The reason", LONGEST_REASON)
        decided = approvals().decide_second_step_reset(
            account, Actor.command("accounts reset-second-step"), reason
        )
    click.echo(
        f"{account.email}: the reset is decided."
        if decided
        else f"{account.email}: an operator has to agree as well, on the person’s page."
    )


@accounts_cli.command("find")
@click.argument("text", type=NAME)
def find(text: str) -> None:
    """Find people by the beginning of a name or of the address; at most 50 are shown."""
    from app.cli.tables import print_rows as show_table
    from identity.administration import finding

    set_current_actor(Actor.command("accounts find"))
    found = finding.find_people(text)
    if not found:
        raise click.ClickException(f"There is no account whose name or address begins with {text}.")
    show_table(
        ["Subject", "Name", "Email address", "State"],
        [[account.subject, account.name, account.email, _state(account)] for account in found],
    )
    if len(found) == finding.MOST:
        click.echo("There may be more: give more of the name or the address.")


def _state(account: Account) -> str:
    if account.suspended_at is not None:
        return f"suspended since {moment_in_words(account.suspended_at)}"
    return "joined" if account.joined_at is not None else "not joined"


def _suspend(account: Account, *, yes: bool, accepted: Collection[str] = ()) -> bool:
    from identity.administration import suspension
    from identity.ports import LeavesWithoutApprover

    actor = Actor.command("accounts suspend")
    try:
        return suspension.suspend(account, actor=actor, accepted=accepted)
    except LeavesWithoutApprover as error:
        if not yes:
            click.echo(str(error))
            click.confirm("Suspend the account all the same?", abort=True)
        return _suspend(account, yes=yes, accepted=[*accepted, *error.organisations])


def _account(email: EmailAddress) -> Account:
    from identity.accounts.queries import account_at

    account = account_at(email)
    if account is None:
        raise click.ClickException(
            f"There is no account with the address {email}. "
            "`secure-access accounts find` finds people by name or address."
        )
    return account
