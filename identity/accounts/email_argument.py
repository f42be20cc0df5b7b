"""Type of a command's argument that is an email address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.cli.names import NAME
from app.cli.refusals import show_refusal

if TYPE_CHECKING:
    from identity.email_address import EmailAddress


class EmailAddressType(click.ParamType["EmailAddress"]):
    """An email address. Text of any other form ends the command with the reason."""

    name = "email"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> EmailAddress:
        from identity.email_address import EmailAddress

        text = NAME.convert(value, param, ctx)
        with show_refusal():
            return EmailAddress.parse(text)


EMAIL_ADDRESS = EmailAddressType()
