"""Sheets of the ledgers: what the reading of a file found, kept beside the file until its rows are taken."""

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE ledger_batches ADD COLUMN report jsonb;
COMMENT ON COLUMN ledger_batches.report IS
  'of a sheet: headers that nobody knows, and each faulty cell as [row, field, value, zh, en]';
"""
    )


def downgrade() -> None:
    op.execute("ALTER TABLE ledger_batches DROP COLUMN report")
