"""Audit events of the provider."""

from app.audit import Event

EVENTS = [
    Event("service.entered", "{subject} signed in to {client}.", {"subject", "client"}),
    Event("service.entry_refused", "{subject} was refused by {client}.", {"subject", "client"}),
    Event("service.entry_cancelled", "Somebody chose not to sign in to {client}.", {"client"}),
    Event("service.signed_out", "{subject} signed out.", {"subject"}),
    Event(
        "service.told_of_sign_out",
        "{client} was told that {subject} is signed out.",
        {"subject", "client"},
    ),
    Event(
        "service.not_told_of_sign_out",
        "{client} could not be told that {subject} is signed out.",
        {"subject", "client"},
    ),
    Event("token.issued", "{client} received an access token.", {"client", "grant_type"}),
    Event("token.refused", "{client} was refused a token: {reason}.", {"client", "reason"}),
    Event(
        "access.refused",
        "A token that {client} holds was not accepted: {reason}.",
        {"client", "reason"},
    ),
    Event("request.refused", "A request of {client} was refused: {reason}.", {"client", "reason"}),
    Event(
        "token.reused",
        "A {what} of {client} was used twice, and all that came from it ended.",
        {"client", "what"},
    ),
    Event(
        "token.ended",
        "All that {client} had been given for {subject} ended: {cause}.",
        {"subject", "client", "cause"},
    ),
    Event("token.revoked", "{client} revoked its {what}.", {"client", "what"}),
    Event("client.not_authenticated", "A service failed to prove who it is: {reason}.", {"reason"}),
    Event(
        "client.registered", "{actor} registered the service {client_name}.", {"client", "after"}
    ),
    Event("client.updated", "{actor} changed the service {client_name}.", {"client", "after"}),
    Event(
        "registration_token.issued",
        "{actor} made a token for registering services: {note}.",
        {"token", "note", "after"},
    ),
    Event(
        "registration_token.revoked",
        "{actor} revoked the token for registering services: {note}.",
        {"token", "note"},
    ),
    Event(
        "registration.refused",
        "A registration with the token {note} was refused: {reason}.",
        {"token", "note", "reason"},
    ),
    Event("client.enabled", "{actor} enabled the service {client_name}.", {"client"}),
    Event("client.disabled", "{actor} disabled the service {client_name}.", {"client"}),
    Event(
        "client.secret_rotated", "{actor} gave the service {client_name} a new secret.", {"client"}
    ),
    Event("signing_key.made", "{actor} published the {alg} signing key {kid}.", {"kid", "alg"}),
    Event("signing_key.rotated", "The {alg} signing key {kid} signs.", {"kid", "signs_from"}),
    Event("signing_key.withdrawn", "{actor} took the signing key {kid} out.", {"kid"}),
]
