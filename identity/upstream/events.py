"""Audit events of this room. No secret, code or token is part of one."""

from __future__ import annotations

from app.audit import Event

EVENTS = (
    Event(
        "upstream.connected",
        "{actor} connected {connection_name}.",
        required={"connection", "issuer"},
    ),
    Event(
        "upstream.changed",
        "{actor} changed the connection {connection_name}.",
        required={"connection"},
    ),
    Event(
        "upstream.checked",
        "{actor} checked the connection {connection_name}.",
        required={"connection", "reached"},
    ),
    Event(
        "upstream.switched_off",
        "{actor} switched off the connection {connection_name}.",
        required={"connection", "people"},
    ),
    Event(
        "upstream.switched_on",
        "{actor} switched on the connection {connection_name}.",
        required={"connection"},
    ),
    Event(
        "upstream.domain_claimed",
        "{actor} added {domain} to the connection {connection_name}.",
        required={"connection", "domain"},
    ),
    Event(
        "upstream.domain_proven",
        "{domain} was proven for the connection {connection_name}.",
        required={"connection", "domain"},
    ),
    Event(
        "upstream.domain_removed",
        "{actor} removed {domain} from the connection {connection_name}.",
        required={"connection", "domain"},
    ),
    Event(
        "upstream.domain_missing",
        "The DNS record of {domain} is gone, which proves it for the connection {connection_name}.",
        required={"connection", "domain"},
    ),
    Event(
        "upstream.domain_found",
        "The DNS record of {domain} is published again.",
        required={"connection", "domain"},
    ),
    Event(
        "upstream.domain_lapsed",
        "{domain} no longer leads to the connection {connection_name}: its DNS record is gone.",
        required={"connection", "domain"},
    ),
    Event(
        "upstream.identity_linked",
        "{subject} linked an account of {connection_name}.",
        required={"subject", "connection"},
    ),
    Event(
        "upstream.identity_unlinked",
        "{subject} unlinked their account of {connection_name}.",
        required={"subject", "connection"},
    ),
    Event(
        "upstream.sign_in_refused",
        "A sign-in by {connection_name} was refused.",
        required={"connection", "reason"},
    ),
    Event(
        "upstream.signed_out",
        "{connection_name} ended sessions of {subject}.",
        required={"connection", "subject"},
    ),
)
