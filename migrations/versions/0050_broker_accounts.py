"""A terminal's own account on the broker: the hash of its password, as mosquitto keeps it.

The hash is of no use but for that broker, and is left out of the registry's history.
"""

from alembic import op

revision = "0050"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE broker_accounts (
  terminal_id int PRIMARY KEY REFERENCES terminals (id),
  password_hash text NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT now(),
  issued_by int REFERENCES users (id)
);
COMMENT ON TABLE broker_accounts IS 'Accounts of single terminals on the broker, named {kind}/{device}';
"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE broker_accounts")
