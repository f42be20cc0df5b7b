"""The first schema: all rooms' tables, and an audit log that refuses changes."""

import sqlalchemy as sa
from alembic import op

from app.audit.append_only import TRIGGERS
from app.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("last_signed_in_at", UtcDateTime(), nullable=True),
        sa.Column("suspended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_account_email_key")),
        sa.UniqueConstraint("subject", name=op.f("uq_account_subject")),
    )
    op.create_table(
        "attempt_bucket",
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure_at", UtcDateTime(), nullable=True),
        sa.Column("blocked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_attempt_bucket")),
    )
    with op.batch_alter_table("attempt_bucket", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attempt_bucket_last_failure_at"), ["last_failure_at"], unique=False
        )

    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("actor_name", sa.String(length=250), nullable=False),
        sa.Column("organisation", sa.String(length=36), nullable=True),
        sa.Column("subject", sa.String(length=36), nullable=True),
        sa.Column("service", sa.String(length=80), nullable=True),
        sa.Column("client", sa.String(length=120), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("public_id", name=op.f("uq_audit_event_public_id")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_event_event_id", ["event", "id"], unique=False)
        batch_op.create_index(
            "ix_audit_event_organisation_id", ["organisation", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_audit_event_request_id"), ["request_id"], unique=False)
        batch_op.create_index("ix_audit_event_subject_id", ["subject", "id"], unique=False)

    op.create_table(
        "oidc_client",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("service", sa.String(length=80), nullable=True),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("registration", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("secret_changed_at", UtcDateTime(), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_client")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oidc_client_client_id")),
    )
    with op.batch_alter_table("oidc_client", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oidc_client_service"), ["service"], unique=False)

    op.create_table(
        "oidc_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_revision")),
    )
    op.create_table(
        "oidc_revoked_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jti", sa.String(length=80), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_revoked_token")),
        sa.UniqueConstraint("jti", name=op.f("uq_oidc_revoked_token_jti")),
    )
    with op.batch_alter_table("oidc_revoked_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_oidc_revoked_token_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "oidc_signing_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("alg", sa.String(length=10), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=True),
        sa.Column("public_key", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("active_from", UtcDateTime(), nullable=True),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_signing_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_oidc_signing_key_kid")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("search_name", sa.String(length=250), nullable=False),
        sa.Column("urn", sa.String(length=6), nullable=True),
        sa.Column("uid", sa.String(length=8), nullable=True),
        sa.Column("la_code", sa.String(length=3), nullable=True),
        sa.Column("diocese_code", sa.String(length=8), nullable=True),
        sa.Column("ukprn", sa.String(length=8), nullable=True),
        sa.Column("establishment_number", sa.String(length=4), nullable=True),
        sa.Column("group_id", sa.String(length=12), nullable=True),
        sa.Column("companies_house_number", sa.String(length=8), nullable=True),
        sa.Column("type_code", sa.String(length=2), nullable=True),
        sa.Column("status_code", sa.String(length=2), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("phase_code", sa.String(length=1), nullable=True),
        sa.Column("low_age", sa.Integer(), nullable=True),
        sa.Column("high_age", sa.Integer(), nullable=True),
        sa.Column("region_code", sa.String(length=1), nullable=True),
        sa.Column("address", sa.String(length=250), nullable=True),
        sa.Column("town", sa.String(length=100), nullable=True),
        sa.Column("postcode", sa.String(length=10), nullable=True),
        sa.Column("known_from", sa.Date(), nullable=True),
        sa.Column("la_known_from", sa.Date(), nullable=True),
        sa.Column("diocese_known_from", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("key", name=op.f("uq_organisation_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_organisation_public_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_organisation_uid")),
        sa.UniqueConstraint("urn", name=op.f("uq_organisation_urn")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organisation_kind_diocese_code", ["kind", "diocese_code"], unique=False
        )
        batch_op.create_index("ix_organisation_kind_la_code", ["kind", "la_code"], unique=False)
        batch_op.create_index(
            "ix_organisation_kind_search_name", ["kind", "search_name"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_organisation_ukprn"), ["ukprn"], unique=False)

    op.create_table(
        "outbox_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("template", sa.String(length=80), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("sealed_text", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=250), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mail")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_mail_dedupe_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outbox_mail_public_id")),
    )
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_mail_state_next_attempt_at", ["state", "next_attempt_at"], unique=False
        )

    op.create_table(
        "register_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("account", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_file")),
        sa.UniqueConstraint(
            "family",
            "stated_on",
            "sha256",
            "complete",
            name=op.f("uq_register_file_family_stated_on_sha256_complete"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_register_file_public_id")),
    )
    op.create_table(
        "register_statement",
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "family", "subject", "stated_on", name=op.f("pk_register_statement")
        ),
    )
    op.create_table(
        "school_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.String(length=6), nullable=False),
        sa.Column("link_urn", sa.String(length=6), nullable=False),
        sa.Column("link_type", sa.String(length=80), nullable=False),
        sa.Column("relation", sa.String(length=12), nullable=False),
        sa.Column("established_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_link")),
        sa.UniqueConstraint(
            "urn", "link_urn", "link_type", name=op.f("uq_school_link_urn_link_urn_link_type")
        ),
    )
    with op.batch_alter_table("school_link", schema=None) as batch_op:
        batch_op.create_index("ix_school_link_link_urn", ["link_urn"], unique=False)

    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("code", name=op.f("uq_service_code")),
    )
    op.create_table(
        "terms_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("service", sa.String(length=100), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("effective_from", UtcDateTime(), nullable=False),
        sa.Column("accept_again", sa.Boolean(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_version")),
        sa.UniqueConstraint("public_id", name=op.f("uq_terms_version_public_id")),
        sa.UniqueConstraint("service", "number", name=op.f("uq_terms_version_service_number")),
    )
    with op.batch_alter_table("terms_version", schema=None) as batch_op:
        batch_op.create_index(
            "ux_terms_version_platform",
            ["number"],
            unique=True,
            sqlite_where=sa.text("service IS NULL"),
            postgresql_where=sa.text("service IS NULL"),
        )

    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("invited_by", sa.String(length=400), nullable=False),
        sa.Column("organisation_name", sa.String(length=400), nullable=True),
        sa.Column("renewal_asked_at", UtcDateTime(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_invitation_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index("ix_invitation_email_key_state", ["email_key", "state"], unique=False)

    op.create_table(
        "known_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_known_device_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_device")),
    )
    with op.batch_alter_table("known_device", schema=None) as batch_op:
        batch_op.create_index("ix_known_device_account_id", ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_known_device_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            "ix_known_device_token_hash_account_id", ["token_hash", "account_id"], unique=True
        )

    op.create_table(
        "oidc_authorization_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=True),
        sa.Column("organisation", sa.String(length=36), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oidc_client.id"], name=op.f("fk_oidc_authorization_request_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_authorization_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_oidc_authorization_request_public_id")),
    )
    with op.batch_alter_table("oidc_authorization_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_oidc_authorization_request_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "organisation_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("type_code", sa.String(length=2), nullable=True),
        sa.Column("status_code", sa.String(length=2), nullable=True),
        sa.Column("la_code", sa.String(length=3), nullable=True),
        sa.Column("diocese_code", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_period_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_period")),
        sa.UniqueConstraint(
            "organisation_id",
            "valid_from",
            name=op.f("uq_organisation_period_organisation_id_valid_from"),
        ),
    )
    with op.batch_alter_table("organisation_period", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organisation_period_diocese", ["diocese_code", "valid_from"], unique=False
        )
        batch_op.create_index("ix_organisation_period_la", ["la_code", "valid_from"], unique=False)

    op.create_table(
        "password_credential",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_password_credential_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_password_credential")),
    )
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=True),
        sa.Column("used_by_browser", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_password_reset_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
    )
    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.create_index("ix_password_reset_account_id", ["account_id"], unique=False)
        batch_op.create_index(
            "ix_password_reset_email_key_number", ["email_key", "number"], unique=True
        )
        batch_op.create_index(
            batch_op.f("ix_password_reset_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recovery_code_account_id_code_hash", ["account_id", "code_hash"], unique=True
        )

    op.create_table(
        "service_organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_service_organisation_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_service_organisation_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_organisation")),
        sa.UniqueConstraint(
            "service_id", "key", name=op.f("uq_service_organisation_service_id_key")
        ),
    )
    with op.batch_alter_table("service_organisation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_service_organisation_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "service_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("definition", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("loaded_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_service_version_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_version")),
        sa.UniqueConstraint(
            "service_id", "number", name=op.f("uq_service_version_service_id_number")
        ),
    )
    with op.batch_alter_table("service_version", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_version_in_force", ["service_id", "valid_from", "number"], unique=False
        )

    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sid", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("auth_time", UtcDateTime(), nullable=False),
        sa.Column("amr", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("acr", sa.String(length=100), nullable=False),
        sa.Column("last_active_at", UtcDateTime(), nullable=False),
        sa.Column("absolute_end", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_cause", sa.String(length=60), nullable=True),
        sa.Column("previous_sign_in_at", UtcDateTime(), nullable=True),
        sa.Column("awaiting_terms", sa.Boolean(), nullable=False),
        sa.Column("known_device_id", sa.Integer(), nullable=True),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("sid", name=op.f("uq_session_sid")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_absolute_end"), ["absolute_end"], unique=False)
        batch_op.create_index(
            "ix_session_account_id_ended_at", ["account_id", "ended_at"], unique=False
        )

    op.create_table(
        "sign_in_journey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("resume_to", sa.String(length=2000), nullable=False),
        sa.Column("cancel_to", sa.String(length=2000), nullable=True),
        sa.Column("ends_at", sa.String(length=2000), nullable=True),
        sa.Column("caption", sa.String(length=400), nullable=True),
        sa.Column("login_hint", sa.String(length=254), nullable=True),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("services", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("confirms_session_id", sa.Integer(), nullable=True),
        sa.Column("proved", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sign_in_journey_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_journey")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sign_in_journey_public_id")),
    )
    with op.batch_alter_table("sign_in_journey", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_journey_account_id", ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_sign_in_journey_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "terms_acceptance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("terms_version_id", sa.Integer(), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_terms_acceptance_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_version_id"],
            ["terms_version.id"],
            name=op.f("fk_terms_acceptance_terms_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_acceptance")),
        sa.UniqueConstraint(
            "account_id",
            "terms_version_id",
            name=op.f("uq_terms_acceptance_account_id_terms_version_id"),
        ),
    )
    with op.batch_alter_table("terms_acceptance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_terms_acceptance_version", ["terms_version_id", "accepted_at"], unique=False
        )

    op.create_table(
        "totp_credential",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.String(length=400), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_totp_credential_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_totp_credential")),
    )
    op.create_table(
        "trust_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("trust_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("known_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_trust_link_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["trust_id"], ["organisation.id"], name=op.f("fk_trust_link_trust_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_link")),
        sa.UniqueConstraint(
            "organisation_id", "valid_from", name=op.f("uq_trust_link_organisation_id_valid_from")
        ),
    )
    with op.batch_alter_table("trust_link", schema=None) as batch_op:
        batch_op.create_index("ix_trust_link_trust_id", ["trust_id", "valid_from"], unique=False)

    op.create_table(
        "join_journey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=True),
        sa.Column("family_name", sa.String(length=200), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("totp_secret", sa.String(length=400), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_join_journey_invitation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_journey")),
        sa.UniqueConstraint("public_id", name=op.f("uq_join_journey_public_id")),
    )
    with op.batch_alter_table("join_journey", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_join_journey_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("sort_name", sa.String(length=402), nullable=False),
        sa.Column("search_text", sa.String(length=724), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=True),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.Column("ended_cause", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_membership_invitation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_membership_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_membership_invitation_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_membership_public_id")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(
            "ix_membership_account", ["account_id", "organisation_id", "valid_to"], unique=False
        )
        batch_op.create_index(
            "ix_membership_list",
            ["organisation_id", "sort_name", "id"],
            unique=False,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.create_index(
            "ix_membership_organisation", ["organisation_id", "valid_to"], unique=False
        )
        batch_op.create_index(
            "ux_membership_open_account",
            ["organisation_id", "account_id"],
            unique=True,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.create_index(
            "ux_membership_open_email",
            ["organisation_id", "email_key"],
            unique=True,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )

    op.create_table(
        "oidc_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("sid", sa.String(length=36), nullable=False),
        sa.Column("service", sa.String(length=80), nullable=True),
        sa.Column("organisation", sa.String(length=36), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("resources", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("claims_requested", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("auth_time", UtcDateTime(), nullable=False),
        sa.Column("acr", sa.String(length=100), nullable=False),
        sa.Column("amr", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_cause", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_oidc_grant_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oidc_client.id"], name=op.f("fk_oidc_grant_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_oidc_grant_session_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_grant")),
        sa.UniqueConstraint("public_id", name=op.f("uq_oidc_grant_public_id")),
    )
    with op.batch_alter_table("oidc_grant", schema=None) as batch_op:
        batch_op.create_index(
            "ix_oidc_grant_account_id_ended_at", ["account_id", "ended_at"], unique=False
        )
        batch_op.create_index("ix_oidc_grant_client_id_id", ["client_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_oidc_grant_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_oidc_grant_session_id"), ["session_id"], unique=False)

    op.create_table(
        "oidc_organisation_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("organisation", sa.String(length=36), nullable=False),
        sa.Column("chosen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_oidc_organisation_choice_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oidc_client.id"], name=op.f("fk_oidc_organisation_choice_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_oidc_organisation_choice_session_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_organisation_choice")),
    )
    with op.batch_alter_table("oidc_organisation_choice", schema=None) as batch_op:
        batch_op.create_index(
            "ix_oidc_organisation_choice_account_id_client_id",
            ["account_id", "client_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_oidc_organisation_choice_chosen_at"), ["chosen_at"], unique=False
        )
        batch_op.create_index(
            "ix_oidc_organisation_choice_session_id_client_id",
            ["session_id", "client_id"],
            unique=False,
        )

    op.create_table(
        "operator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("appointed_by", sa.String(length=200), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=True),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_operator_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_operator_invitation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_operator_invitation_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_operator_public_id")),
    )
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.create_index("ix_operator_account", ["account_id", "valid_to"], unique=False)
        batch_op.create_index(
            "ux_operator_open",
            ["email_key"],
            unique=True,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )

    op.create_table(
        "recovery_codes_shown",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("sealed_codes", sa.String(length=2000), nullable=False),
        sa.Column("continue_to", sa.String(length=2000), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_codes_shown_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_recovery_codes_shown_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes_shown")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recovery_codes_shown_public_id")),
    )
    with op.batch_alter_table("recovery_codes_shown", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recovery_codes_shown_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "reset_journey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("reset_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reset_id"],
            ["password_reset.id"],
            name=op.f("fk_reset_journey_reset_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reset_journey")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reset_journey_public_id")),
    )
    with op.batch_alter_table("reset_journey", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reset_journey_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "totp_enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.String(length=400), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_totp_enrolment_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_totp_enrolment_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp_enrolment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_totp_enrolment_public_id")),
    )
    with op.batch_alter_table("totp_enrolment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_totp_enrolment_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "access_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=100), nullable=False),
        sa.Column("user_group", sa.String(length=100), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("ended_cause", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_access_grant_membership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
        sa.UniqueConstraint("public_id", name=op.f("uq_access_grant_public_id")),
    )
    with op.batch_alter_table("access_grant", schema=None) as batch_op:
        batch_op.create_index(
            "ix_access_grant_membership",
            ["membership_id", "service", "user_group", "valid_to"],
            unique=False,
        )
        batch_op.create_index(
            "ix_access_grant_report",
            ["service", "user_group", "valid_from", "valid_to"],
            unique=False,
        )
        batch_op.create_index(
            "ux_access_grant_open",
            ["membership_id", "service", "user_group"],
            unique=True,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )

    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_appointment_membership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appointment_membership_id"), ["membership_id"], unique=False
        )
        batch_op.create_index(
            "ux_appointment_open",
            ["membership_id"],
            unique=True,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )

    op.create_table(
        "membership_journey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=True),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_journey_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_membership_journey_membership_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_membership_journey_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_journey")),
        sa.UniqueConstraint("public_id", name=op.f("uq_membership_journey_public_id")),
    )
    with op.batch_alter_table("membership_journey", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_membership_journey_started_at"), ["started_at"], unique=False
        )

    op.create_table(
        "oidc_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.String(length=128), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["oidc_grant.id"], name=op.f("fk_oidc_code_grant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oidc_code_code_hash")),
    )
    with op.batch_alter_table("oidc_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oidc_code_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_oidc_code_grant_id"), ["grant_id"], unique=False)

    op.create_table(
        "oidc_refresh_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oidc_grant.id"],
            name=op.f("fk_oidc_refresh_token_grant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_oidc_refresh_token_token_hash")),
    )
    with op.batch_alter_table("oidc_refresh_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_oidc_refresh_token_grant_id"), ["grant_id"], unique=False
        )

    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:

    with op.batch_alter_table("oidc_refresh_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oidc_refresh_token_grant_id"))

    op.drop_table("oidc_refresh_token")
    with op.batch_alter_table("oidc_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oidc_code_grant_id"))
        batch_op.drop_index(batch_op.f("ix_oidc_code_expires_at"))

    op.drop_table("oidc_code")
    with op.batch_alter_table("membership_journey", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_journey_started_at"))

    op.drop_table("membership_journey")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_appointment_open",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_appointment_membership_id"))

    op.drop_table("appointment")
    with op.batch_alter_table("access_grant", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_access_grant_open",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index("ix_access_grant_report")
        batch_op.drop_index("ix_access_grant_membership")

    op.drop_table("access_grant")
    with op.batch_alter_table("totp_enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_totp_enrolment_expires_at"))

    op.drop_table("totp_enrolment")
    with op.batch_alter_table("reset_journey", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reset_journey_expires_at"))

    op.drop_table("reset_journey")
    with op.batch_alter_table("recovery_codes_shown", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_codes_shown_expires_at"))

    op.drop_table("recovery_codes_shown")
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_operator_open",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index("ix_operator_account")

    op.drop_table("operator")
    with op.batch_alter_table("oidc_organisation_choice", schema=None) as batch_op:
        batch_op.drop_index("ix_oidc_organisation_choice_session_id_client_id")
        batch_op.drop_index(batch_op.f("ix_oidc_organisation_choice_chosen_at"))
        batch_op.drop_index("ix_oidc_organisation_choice_account_id_client_id")

    op.drop_table("oidc_organisation_choice")
    with op.batch_alter_table("oidc_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oidc_grant_session_id"))
        batch_op.drop_index(batch_op.f("ix_oidc_grant_ends_at"))
        batch_op.drop_index("ix_oidc_grant_client_id_id")
        batch_op.drop_index("ix_oidc_grant_account_id_ended_at")

    op.drop_table("oidc_grant")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_membership_open_email",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index(
            "ux_membership_open_account",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index("ix_membership_organisation")
        batch_op.drop_index(
            "ix_membership_list",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index("ix_membership_account")

    op.drop_table("membership")
    with op.batch_alter_table("join_journey", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_join_journey_expires_at"))

    op.drop_table("join_journey")
    with op.batch_alter_table("trust_link", schema=None) as batch_op:
        batch_op.drop_index("ix_trust_link_trust_id")

    op.drop_table("trust_link")
    op.drop_table("totp_credential")
    with op.batch_alter_table("terms_acceptance", schema=None) as batch_op:
        batch_op.drop_index("ix_terms_acceptance_version")

    op.drop_table("terms_acceptance")
    with op.batch_alter_table("sign_in_journey", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_journey_expires_at"))
        batch_op.drop_index("ix_sign_in_journey_account_id")

    op.drop_table("sign_in_journey")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index("ix_session_account_id_ended_at")
        batch_op.drop_index(batch_op.f("ix_session_absolute_end"))

    op.drop_table("session")
    with op.batch_alter_table("service_version", schema=None) as batch_op:
        batch_op.drop_index("ix_service_version_in_force")

    op.drop_table("service_version")
    with op.batch_alter_table("service_organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_organisation_organisation_id"))

    op.drop_table("service_organisation")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index("ix_recovery_code_account_id_code_hash")

    op.drop_table("recovery_code")
    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_reset_expires_at"))
        batch_op.drop_index("ix_password_reset_email_key_number")
        batch_op.drop_index("ix_password_reset_account_id")

    op.drop_table("password_reset")
    op.drop_table("password_credential")
    with op.batch_alter_table("organisation_period", schema=None) as batch_op:
        batch_op.drop_index("ix_organisation_period_la")
        batch_op.drop_index("ix_organisation_period_diocese")

    op.drop_table("organisation_period")
    with op.batch_alter_table("oidc_authorization_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oidc_authorization_request_expires_at"))

    op.drop_table("oidc_authorization_request")
    with op.batch_alter_table("known_device", schema=None) as batch_op:
        batch_op.drop_index("ix_known_device_token_hash_account_id")
        batch_op.drop_index(batch_op.f("ix_known_device_expires_at"))
        batch_op.drop_index("ix_known_device_account_id")

    op.drop_table("known_device")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index("ix_invitation_email_key_state")

    op.drop_table("invitation")
    with op.batch_alter_table("terms_version", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_terms_version_platform",
            sqlite_where=sa.text("service IS NULL"),
            postgresql_where=sa.text("service IS NULL"),
        )

    op.drop_table("terms_version")
    op.drop_table("service")
    with op.batch_alter_table("school_link", schema=None) as batch_op:
        batch_op.drop_index("ix_school_link_link_urn")

    op.drop_table("school_link")
    op.drop_table("register_statement")
    op.drop_table("register_file")
    with op.batch_alter_table("outbox_mail", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_mail_state_next_attempt_at")

    op.drop_table("outbox_mail")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_ukprn"))
        batch_op.drop_index("ix_organisation_kind_search_name")
        batch_op.drop_index("ix_organisation_kind_la_code")
        batch_op.drop_index("ix_organisation_kind_diocese_code")

    op.drop_table("organisation")
    op.drop_table("oidc_signing_key")
    with op.batch_alter_table("oidc_revoked_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oidc_revoked_token_expires_at"))

    op.drop_table("oidc_revoked_token")
    op.drop_table("oidc_revision")
    with op.batch_alter_table("oidc_client", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oidc_client_service"))

    op.drop_table("oidc_client")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_event_subject_id")
        batch_op.drop_index(batch_op.f("ix_audit_event_request_id"))
        batch_op.drop_index("ix_audit_event_organisation_id")
        batch_op.drop_index("ix_audit_event_event_id")
        batch_op.drop_index(batch_op.f("ix_audit_event_at"))

    op.drop_table("audit_event")
    with op.batch_alter_table("attempt_bucket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempt_bucket_last_failure_at"))

    op.drop_table("attempt_bucket")
    op.drop_table("account")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_event_refuse()")
