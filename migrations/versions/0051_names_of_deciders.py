"""A fenced account may read who asked for and decided on what is its own: number and name of an account, no more."""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT (id, name) ON users TO platform_fenced")


def downgrade() -> None:
    op.execute("REVOKE SELECT (id, name) ON users FROM platform_fenced")
