"""Forms about clients. The provider's own rules of registration judge their contents."""

from collections.abc import Sequence
from datetime import timedelta

from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import UUID, InputRequired, NumberRange

from app.identifiers import new_id
from app.typed_text import collapse_spaces
from app.web.forms import AtMost, Form, TypedText
from approvals.access_model.definition import ServiceDefinition
from approvals.memberships.forms import EmailForm
from identity.oidc.clients.metadata import (
    AUTH_METHODS,
    BASELINE,
    FAPI2,
    NATIVE,
    WEB,
    InvalidMetadata,
)
from identity.oidc.clients.service_scopes import why_scopes_do_not_fit
from identity.oidc.lifetimes import SECRET_OVERLAP

NO_SERVICE = ""
LONGEST = 8_000
PROFILES = (
    (BASELINE, "Baseline: a secret or a key, PKCE"),
    (FAPI2, "FAPI 2.0: keys only, pushed requests, tokens bound to a key"),
)
KINDS = {
    WEB: "A website with a server, or a page in the browser (web)",
    NATIVE: "An app on a phone or computer: no secret, PKCE (native)",
}
METHODS = {
    "client_secret_basic": "A secret, in the Authorization header (client_secret_basic)",
    "client_secret_post": "A secret, in the form (client_secret_post)",
    "private_key_jwt": "Its own key (private_key_jwt)",
    "tls_client_auth": "A certificate of an authority that you trust (tls_client_auth)",
    "none": "No authentication: an app on a phone or in a browser (none)",
}
USUAL_SCOPES = "openid profile email organisation access"
SUBJECT = "tls_client_auth_subject_dn"


class PersonForm(EmailForm):
    """Whom to try a client with."""


class OnceForm(Form):
    """A form that acts once, however often it is sent."""

    form_id = HiddenField(
        default=new_id, validators=[UUID("Open the form again: this one cannot be read")]
    )


class RotationForm(OnceForm):
    """Form for a new client secret."""

    hours = IntegerField(
        "For how many hours should the old secret still work?",
        default=SECRET_OVERLAP // timedelta(hours=1),
        validators=[
            InputRequired("Enter a number of hours, 0 for not at all"),
            NumberRange(0, 24 * 30, "Hours must be between 0 and 720"),
        ],
    )


class ClientForm(OnceForm):
    """Form for a new client."""

    client_name = StringField(
        "Name of the client",
        filters=[collapse_spaces],
        validators=[
            InputRequired("Enter the name of the client"),
            TypedText("Name of the client"),
        ],
    )
    service = RadioField("Service whose user groups it receives", validate_choice=False)
    profile = RadioField("Profile", default=BASELINE, validate_choice=False)
    method = RadioField(
        "How does the client authenticate?",
        default=AUTH_METHODS[0],
        validate_choice=False,
    )
    application_type = RadioField(
        "What kind of application is it?", default=WEB, validate_choice=False
    )
    grant_types = SelectMultipleField(
        "What does it do?",
        default=["authorization_code", "refresh_token"],
        validate_choice=False,
    )
    scope = StringField("Scopes", default=USUAL_SCOPES, filters=[collapse_spaces])
    redirect_uris = TextAreaField(
        "Redirect URIs", validators=[AtMost(LONGEST, "Redirect URIs")], default=""
    )
    post_logout_redirect_uris = TextAreaField(
        "Addresses to return to after signing out",
        validators=[AtMost(LONGEST, "Addresses")],
        default="",
    )
    backchannel_logout_uri = StringField("Back-channel logout address", filters=[collapse_spaces])
    jwks_uri = StringField("Address of its public keys", filters=[collapse_spaces])
    tls_client_auth_subject_dn = StringField(
        "Subject of its certificate", filters=[collapse_spaces]
    )

    def offer(self, services: Sequence[ServiceDefinition]) -> None:
        """Set the services that the page offers."""
        self.services = [
            *((each.code, each.name) for each in services),
            (NO_SERVICE, "None (only name and email address)"),
        ]

    def metadata(self) -> dict[str, object]:
        """Return the metadata of RFC 7591; empty fields are left out."""
        said: dict[str, object] = {
            "client_name": self.client_name.data,
            "service": self.service.data,
            "profile": self.profile.data,
            "token_endpoint_auth_method": self.method.data,
            "grant_types": self.grant_types.data,
            "scope": self.scope.data,
            "redirect_uris": (self.redirect_uris.data or "").split(),
            "post_logout_redirect_uris": (self.post_logout_redirect_uris.data or "").split(),
            "backchannel_logout_uri": self.backchannel_logout_uri.data,
            "jwks_uri": self.jwks_uri.data,
            "application_type": self.application_type.data,
            SUBJECT: self.tls_client_auth_subject_dn.data,
        }
        return {member: value for member, value in said.items() if value}

    def tell(self, error: InvalidMetadata) -> None:
        """Show each fault at the field that it is about, the rest above the form."""
        told = {name for name, field in self._fields.items() if field.errors}
        for fault in error.faults:
            name = "method" if fault.member == "token_endpoint_auth_method" else fault.member
            if name not in self._fields:
                self.form_errors.append(str(fault))
            elif name not in told:
                field = self._fields[name]
                field.errors = [*field.errors, str(fault)]

    def check_scopes(self) -> bool:
        """Return whether the scopes go with the service; if not, the field says so."""
        misfit = why_scopes_do_not_fit(
            self.service.data or None,
            (self.scope.data or "").split(),
            self.grant_types.data or [],
        )
        if misfit is not None:
            self.scope.errors = [f"{misfit[0].upper()}{misfit[1:]}"]
        return misfit is None
