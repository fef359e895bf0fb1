"""How far ledgers were reviewed, and rows by when they came in: a review goes on where the last one stopped."""

from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE ledger_review_marks (
  name text PRIMARY KEY,
  upto timestamptz NOT NULL
);
COMMENT ON TABLE ledger_review_marks IS 'Each review of ledgers: everything that came in, or ended, before this moment was looked at';
CREATE INDEX ledger_passages_received ON ledger_passages USING brin (received_at) WITH (pages_per_range = 32);
CREATE INDEX ledger_refusals_first ON ledger_refusals (first_at);
CREATE INDEX clean_transport_month ON clean_transport (month);
CREATE INDEX clean_transport_list ON clean_transport (recorded_at DESC, id DESC);
CREATE INDEX verification_items_open ON verification_items (task_id) WHERE verdict IS NULL;
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP INDEX verification_items_open, clean_transport_list, clean_transport_month, ledger_refusals_first,
  ledger_passages_received;
DROP TABLE ledger_review_marks;
"""
    )
