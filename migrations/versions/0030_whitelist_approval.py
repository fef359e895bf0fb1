"""A whitelist entry is asked for by one officer and approved by another.

Until approval it counts for nothing; a refused one never did. The approver's account stands beside the name in the
document.
"""

from alembic import op

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE whitelist_entries ALTER COLUMN approver DROP NOT NULL;
ALTER TABLE whitelist_entries ADD COLUMN decided_at timestamptz, ADD COLUMN decided_by int REFERENCES users (id),
  ADD COLUMN decision_note text;
ALTER TABLE whitelist_entries DROP CONSTRAINT whitelist_entries_state_check;
ALTER TABLE whitelist_entries ADD CONSTRAINT whitelist_entries_state_check
  CHECK (state IN ('requested', 'active', 'refused', 'withdrawn')),
  ADD CONSTRAINT whitelist_entries_approved CHECK (state IN ('requested', 'refused') OR approver IS NOT NULL),
  ADD CONSTRAINT whitelist_entries_four_eyes CHECK (decided_by <> created_by),
  ADD CONSTRAINT whitelist_entries_withdrawn CHECK (
    (state = 'withdrawn') = (withdrawn_at IS NOT NULL AND withdrawn_reason IS NOT NULL));
ALTER TABLE whitelist_entries ALTER COLUMN state SET DEFAULT 'requested';
CREATE INDEX whitelist_list ON whitelist_entries (state, id DESC);
CREATE INDEX whitelist_zone ON whitelist_entries (zone_id, valid_from);
COMMENT ON COLUMN whitelist_entries.approver IS 'the person or bureau that approved, as the document names it';
COMMENT ON COLUMN whitelist_entries.decided_by IS 'the account that approved or refused; never the one that asked';
COMMENT ON COLUMN whitelist_entries.withdrawn_at IS 'the entry holds for acts before this time and for none after';
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP INDEX whitelist_list, whitelist_zone;
DELETE FROM whitelist_entries WHERE state IN ('requested', 'refused');
ALTER TABLE whitelist_entries DROP CONSTRAINT whitelist_entries_withdrawn, DROP CONSTRAINT whitelist_entries_approved,
  DROP CONSTRAINT whitelist_entries_four_eyes,  DROP CONSTRAINT whitelist_entries_state_check;
ALTER TABLE whitelist_entries ADD CONSTRAINT whitelist_entries_state_check CHECK (state IN ('active', 'withdrawn'));
ALTER TABLE whitelist_entries ALTER COLUMN state SET DEFAULT 'active';
ALTER TABLE whitelist_entries DROP COLUMN decided_at, DROP COLUMN decided_by, DROP COLUMN decision_note;
ALTER TABLE whitelist_entries ALTER COLUMN approver SET NOT NULL;
"""
    )
