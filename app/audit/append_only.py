"""Statements that make the table of audit events append-only, by dialect.

`TRIGGERS` refuse every change. `ALLOW_PSEUDONYMS`, which follow them, replace the refusal of
updates by one with an exception: personal text about somebody who has a row in `audit_pseudonym`.
Everything that identifies an event (its time, kind, actor, subject, organisation, service, client
and request) stays unchangeable. `ALLOW_ALL_IDENTIFIERS` extends the exception to rows that name a
person in their details only. The migrations run all three, each in one of its own.
"""

PERSON_KEYS = ("membership", "operator", "proposal")
"""Keys of details with the identifier of the person whom an event is about.

They identify people who have no subject yet: of a membership, of an appointment as operator, or of
a proposal to appoint an approver.
"""
OTHER_PEOPLE = {"proposer": "proposed_by"}
"""Keys of details with the name of another person, and the key with that person's subject."""

_REFUSAL = "audit rows are never changed"
_UNCHANGED = (
    "id",
    "at",
    "event",
    "actor_kind",
    "actor",
    "organisation",
    "subject",
    "service",
    "client",
    "request_id",
)

TRIGGERS: dict[str, list[str]] = {
    "sqlite": [
        f"""
        CREATE TRIGGER audit_event_no_{verb} BEFORE {verb.upper()} ON audit_event
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
        """
        for verb in ("update", "delete")
    ],
    "postgresql": [
        f"""
        CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$
        """,
        """
        CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()
        """,
    ],
}


def _is_pseudonymised(same: str, *details: str) -> str:
    """Return the condition of an allowed update. `same` compares two values, none included.

    details: expressions for the identifiers in the row's details.
    """
    identifiers = ", ".join(("OLD.actor", "OLD.subject", *details))
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in _UNCHANGED)
    return f"""
        {unchanged}
        AND EXISTS (
            SELECT 1 FROM audit_pseudonym WHERE identifier IN ({identifiers})
        )
        AND (
            NEW.actor_name {same} OLD.actor_name
            OR NEW.actor_name
            = (SELECT pseudonym FROM audit_pseudonym WHERE identifier = OLD.actor)
        )
    """  # noqa: S608  # constants


def _update_trigger(*keys: str) -> str:
    """Return SQLite's trigger. keys: of the details, for the identifiers in them."""
    details = (f"json_extract(OLD.detail, '$.{key}')" for key in keys)
    return f"""
        CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
        WHEN NOT ({_is_pseudonymised("IS", *details)})
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """


def _update_function(*keys: str) -> str:
    """Return the function of PostgreSQL's trigger."""
    details = (f"OLD.detail->>'{key}'" for key in keys)
    return f"""
        CREATE OR REPLACE FUNCTION audit_event_refuse_update() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF NOT ({_is_pseudonymised("IS NOT DISTINCT FROM", *details)})
            THEN RAISE EXCEPTION '{_REFUSAL}'; END IF;
            RETURN NEW;
        END $$
    """


ALLOW_PSEUDONYMS: dict[str, list[str]] = {
    "sqlite": ["DROP TRIGGER audit_event_no_update", _update_trigger("membership")],
    "postgresql": [
        "DROP TRIGGER audit_event_append_only ON audit_event",
        """
        CREATE TRIGGER audit_event_append_only BEFORE DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()
        """,
        _update_function("membership"),
        """
        CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
        FOR EACH ROW EXECUTE FUNCTION audit_event_refuse_update()
        """,
    ],
}
_KEYS = (*PERSON_KEYS, *OTHER_PEOPLE.values())
ALLOW_ALL_IDENTIFIERS: dict[str, list[str]] = {
    "sqlite": ["DROP TRIGGER audit_event_no_update", _update_trigger(*_KEYS)],
    "postgresql": [_update_function(*_KEYS)],
}
