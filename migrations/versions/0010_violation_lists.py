"""Indexes for the lists of violations and leads: newest first, whatever their state.

Without them the first page of 100,000 violations sorts them all.
"""

from alembic import op

revision = "0010"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE INDEX violations_newest ON violations (first_at DESC, id DESC);
CREATE INDEX violations_enterprise ON violations (enterprise_id, first_at DESC) WHERE enterprise_id IS NOT NULL;
CREATE INDEX leads_newest ON leads (last_at DESC, id DESC);
"""
    )


def downgrade() -> None:
    op.execute("DROP INDEX violations_newest, violations_enterprise, leads_newest")
