"""Form field for an email address."""

from __future__ import annotations

from wtforms import StringField
from wtforms.form import BaseForm

from app.web.forms import refusal_as_validation_error
from identity.email_address import EmailAddress


class EmailAddressField(StringField):
    """Text field whose valid `data` is an address; `address` is its value once it is valid."""

    address: EmailAddress

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002  # wtforms passes it
        """Parse the text. The page shows the address as it is stored from then on."""
        with refusal_as_validation_error():
            self.address = EmailAddress.parse(self.data or "")
        self.data = self.address.text
