"""What taking rows of the ledgers needs: whether a person has corrected a row, and refused rows by their key."""

from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE ledger_passages ADD corrected_at timestamptz;
ALTER TABLE plant_vehicles ADD corrected_at timestamptz;
ALTER TABLE plant_machines ADD corrected_at timestamptz;
COMMENT ON COLUMN ledger_passages.corrected_at IS 'when a person corrected it last: what its source sends later does not replace it';
COMMENT ON COLUMN ledger_passages.content_sha256 IS 'of what its source sent last: a row sent again is known by it, also after a correction by hand';
CREATE INDEX ledger_refusals_key ON ledger_refusals (enterprise_id, ledger, source_key)
  WHERE settled_at IS NULL AND source_key IS NOT NULL;
CREATE INDEX ledger_refusals_list ON ledger_refusals (last_at DESC, id DESC);
CREATE INDEX ledger_batches_list ON ledger_batches (received_at DESC, id DESC);
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP INDEX ledger_batches_list, ledger_refusals_list, ledger_refusals_key;
ALTER TABLE plant_machines DROP corrected_at;
ALTER TABLE plant_vehicles DROP corrected_at;
ALTER TABLE ledger_passages DROP corrected_at;
"""
    )
