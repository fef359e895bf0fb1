"""Watch list and assignments: one active entry per subject and reason at a time, open cases by index, fenced accounts.

Enterprises, stations and partner cities read neither the watch list nor assignments: their role is granted nothing,
and row security without a policy stands behind that.
"""

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE watch_entries ADD CONSTRAINT watch_entries_one_active EXCLUDE USING gist (
  (coalesce('t' || truck_id::text, 'm' || machine_id::text, subject_text || ' ' || coalesce(plate_colour, ''))) WITH =,
  reason WITH =, daterange(from_on, until_on, '[]') WITH &&) WHERE (state = 'active');
CREATE INDEX watch_entries_made ON watch_entries (created_at DESC, id DESC);
CREATE INDEX cases_open ON cases (id) WHERE closed_at IS NULL;
CREATE INDEX assignments_state ON assignments (state, day, id);
CREATE INDEX assignment_subjects_truck ON assignment_subjects (truck_id) WHERE truck_id IS NOT NULL;
CREATE INDEX assignment_subjects_machine ON assignment_subjects (machine_id) WHERE machine_id IS NOT NULL;
ALTER TABLE watch_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment_people ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment_subjects ENABLE ROW LEVEL SECURITY;
"""
    )


def downgrade() -> None:
    op.execute(
        """
ALTER TABLE assignment_subjects DISABLE ROW LEVEL SECURITY;
ALTER TABLE assignment_people DISABLE ROW LEVEL SECURITY;
ALTER TABLE assignments DISABLE ROW LEVEL SECURITY;
ALTER TABLE watch_entries DISABLE ROW LEVEL SECURITY;
DROP INDEX assignment_subjects_machine, assignment_subjects_truck, assignments_state, cases_open, watch_entries_made;
ALTER TABLE watch_entries DROP CONSTRAINT watch_entries_one_active;
"""
    )
