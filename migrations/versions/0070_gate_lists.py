"""The bureau's list of lifts by hand in the order of their time, along an index."""

from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX gate_lifts_at ON gate_lifts (at DESC, id DESC)")


def downgrade() -> None:
    op.execute("DROP INDEX gate_lifts_at")
