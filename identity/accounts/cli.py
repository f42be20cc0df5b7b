"""`secure-access accounts`: what operators do to one account."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.actors import Actor
from app.database import db
from identity.accounts import suspension
from identity.accounts.email import email_key
from identity.accounts.models import Account

accounts_cli = AppGroup("accounts", help="Suspend people's accounts and restore them.")


@accounts_cli.command("suspend")
@click.argument("email")
def suspend(email: str) -> None:
    """Stop the person from signing in and end all that they are signed in to, at once."""
    account = _account(email)
    done = suspension.suspend(account, actor=Actor.command("accounts suspend"))
    outcome = "suspended; all sessions have ended" if done else "suspended already"
    click.echo(f"{account.email}: {outcome}.")


@accounts_cli.command("restore")
@click.argument("email")
def restore(email: str) -> None:
    """Let a suspended person sign in again."""
    account = _account(email)
    done = suspension.restore(account, actor=Actor.command("accounts restore"))
    click.echo(f"{account.email}: {'restored' if done else 'not suspended'}.")


def _account(email: str) -> Account:
    try:
        key = email_key(email)
    except ValueError as error:
        raise click.ClickException(f"{email} is not an email address.") from error
    account: Account | None = db.session.scalar(select(Account).where(Account.email_key == key))
    if account is None:
        raise click.ClickException(f"Nobody has an account with the address {email}.")
    return account
