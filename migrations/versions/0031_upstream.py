"""Organisations' own OpenID providers: connections, domains, identities, visits."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_PROVEN = sa.text("proven_at IS NOT NULL")
_OPEN = sa.text("valid_to IS NULL")


def upgrade() -> None:
    op.create_table(
        "upstream_connection",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(36), nullable=False, unique=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("client_id", sa.String(200), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("organisations", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("amr_trusted", sa.Boolean(), nullable=False),
        sa.Column("own_factors_forbidden", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("switched_off_at", UtcDateTime()),
    )
    op.create_table(
        "upstream_domain",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "connection_id", sa.Integer(), sa.ForeignKey("upstream_connection.id"), nullable=False
        ),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("challenge", sa.String(80), nullable=False),
        sa.Column("proven_at", UtcDateTime()),
    )
    op.create_index(
        "ux_upstream_domain_proven",
        "upstream_domain",
        ["domain"],
        unique=True,
        sqlite_where=_PROVEN,
        postgresql_where=_PROVEN,
    )
    op.create_index(
        "ix_upstream_domain_connection_id",
        "upstream_domain",
        ["connection_id", "domain"],
        unique=True,
    )
    op.create_table(
        "upstream_identity",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "connection_id", sa.Integer(), sa.ForeignKey("upstream_connection.id"), nullable=False
        ),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ux_upstream_identity", "upstream_identity", ["issuer", "subject"], unique=True)
    op.create_index("ix_upstream_identity_account_id", "upstream_identity", ["account_id"])
    op.create_index("ix_upstream_identity_connection_id", "upstream_identity", ["connection_id"])
    op.create_table(
        "upstream_journey",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(36), nullable=False, unique=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column(
            "connection_id", sa.Integer(), sa.ForeignKey("upstream_connection.id"), nullable=False
        ),
        sa.Column("state_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("sign_in", sa.String(36)),
        sa.Column("joining", sa.String(36)),
        sa.Column("linking_session_id", sa.Integer()),
        sa.Column("invitation_id", sa.Integer()),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
    )
    op.create_index("ix_upstream_journey_expires_at", "upstream_journey", ["expires_at"])
    op.add_column("session", sa.Column("connection", sa.String(36)))
    op.add_column("session", sa.Column("connection_sid", sa.String(255)))
    op.add_column("session", sa.Column("organisations", sa.JSON(none_as_null=True)))
    op.create_index("ix_session_connection", "session", ["connection"])
    op.add_column(
        "sign_in_journey",
        sa.Column("own_factors", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("sign_in_journey", sa.Column("origin", sa.JSON(none_as_null=True)))
    op.add_column("join_journey", sa.Column("identity", sa.JSON(none_as_null=True)))
    op.add_column("membership", sa.Column("suspended_at", UtcDateTime()))
    op.create_table(
        "membership_suspension",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("membership_id", sa.Integer(), sa.ForeignKey("membership.id"), nullable=False),
        sa.Column("cause", sa.String(300), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime()),
    )
    op.create_index(
        "ux_membership_suspension_open",
        "membership_suspension",
        ["membership_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index(
        "ix_membership_suspension_membership_id",
        "membership_suspension",
        ["membership_id", "valid_from"],
    )


def downgrade() -> None:
    op.drop_table("membership_suspension")
    op.drop_column("membership", "suspended_at")
    op.drop_column("join_journey", "identity")
    op.drop_column("sign_in_journey", "origin")
    op.drop_column("sign_in_journey", "own_factors")
    op.drop_index("ix_session_connection", "session")
    op.drop_column("session", "organisations")
    op.drop_column("session", "connection_sid")
    op.drop_column("session", "connection")
    for table in (
        "upstream_journey",
        "upstream_identity",
        "upstream_domain",
        "upstream_connection",
    ):
        op.drop_table(table)
