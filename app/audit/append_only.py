"""Statements that make the table of audit events append-only, by dialect.

`TRIGGERS` refuse every change. `ALLOW_PSEUDONYMS`, which follow them, replace the refusal of
updates by one with an exception: personal text about somebody who has a row in `audit_pseudonym`.
Everything that identifies an event (its time, kind, actor, subject, organisation, service, client
and request) stays unchangeable. The migrations run both.
"""

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


def _is_pseudonymised(same: str, membership: str) -> str:
    """Return the condition of an allowed update. `same` compares two values, none included."""
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in _UNCHANGED)
    return f"""
        {unchanged}
        AND EXISTS (
            SELECT 1 FROM audit_pseudonym WHERE identifier IN (OLD.actor, OLD.subject, {membership})
        )
        AND (
            NEW.actor_name {same} OLD.actor_name
            OR NEW.actor_name
            = (SELECT pseudonym FROM audit_pseudonym WHERE identifier = OLD.actor)
        )
    """  # noqa: S608  # constants


ALLOW_PSEUDONYMS: dict[str, list[str]] = {
    "sqlite": [
        "DROP TRIGGER audit_event_no_update",
        f"""
        CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
        WHEN NOT ({_is_pseudonymised("IS", "json_extract(OLD.detail, '$.membership')")})
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
        """,
    ],
    "postgresql": [
        "DROP TRIGGER audit_event_append_only ON audit_event",
        """
        CREATE TRIGGER audit_event_append_only BEFORE DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()
        """,
        f"""
        CREATE FUNCTION audit_event_refuse_update() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF NOT ({_is_pseudonymised("IS NOT DISTINCT FROM", "OLD.detail->>'membership'")})
            THEN RAISE EXCEPTION '{_REFUSAL}'; END IF;
            RETURN NEW;
        END $$
        """,
        """
        CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
        FOR EACH ROW EXECUTE FUNCTION audit_event_refuse_update()
        """,
    ],
}
