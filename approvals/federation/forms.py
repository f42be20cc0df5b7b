"""Forms about connections. The rules of `identity.upstream` judge their contents."""

from collections.abc import Sequence

from wtforms import BooleanField, PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired

from app.typed_text import collapse_spaces
from app.web.forms import AtMost, Form, TypedText
from identity.upstream.connections import ConnectionFacts
from identity.upstream.models import Connection


class ConnectionForm(Form):
    """Form for a new or a changed connection."""

    name = StringField(
        "Name of the sign-in",
        filters=[collapse_spaces],
        validators=[InputRequired("Enter a name"), TypedText("Name of the sign-in")],
    )
    issuer = StringField(
        "Issuer",
        filters=[collapse_spaces],
        validators=[InputRequired("Enter the issuer"), AtMost(500, "Issuer")],
    )
    client_id = StringField(
        "Client id",
        filters=[collapse_spaces],
        validators=[InputRequired("Enter the client id"), AtMost(200, "Client id")],
    )
    client_secret = PasswordField("Client secret", validators=[AtMost(1000, "Client secret")])
    organisations = TextAreaField(
        "Organisations",
        validators=[
            InputRequired("Enter at least one organisation"),
            AtMost(8000, "Organisations"),
        ],
    )
    amr_trusted = BooleanField("Accept the second factor that it names")
    own_factors_forbidden = BooleanField("Allow no password here")

    @classmethod
    def of(cls, connection: Connection) -> "ConnectionForm":
        """Return the form with the connection's present values, but for the secret."""
        return cls(
            name=connection.name,
            issuer=connection.issuer,
            client_id=connection.client_id,
            organisations="\n".join(connection.organisations),
            amr_trusted=connection.amr_trusted,
            own_factors_forbidden=connection.own_factors_forbidden,
        )

    def lines(self) -> list[str]:
        """Return the identifiers of organisations that were entered."""
        return list(dict.fromkeys((self.organisations.data or "").split()))

    def facts(self, organisations: Sequence[str]) -> ConnectionFacts:
        """Return what was entered, with the organisations' public ids."""
        return ConnectionFacts(
            name=self.name.data or "",
            issuer=self.issuer.data or "",
            client_id=self.client_id.data or "",
            client_secret=self.client_secret.data or "",
            organisations=organisations,
            amr_trusted=bool(self.amr_trusted.data),
            own_factors_forbidden=bool(self.own_factors_forbidden.data),
        )


class DomainForm(Form):
    """Form for a domain of email addresses."""

    domain = StringField(
        "Domain",
        filters=[collapse_spaces],
        validators=[InputRequired("Enter a domain"), AtMost(253, "Domain")],
    )
