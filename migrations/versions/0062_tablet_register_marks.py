"""What a delta of the off-line register needs: marks of revisions, and the cities that a subject has left.

A tablet names the revision it holds by number and mark. A database put back from a copy has the number and another
mark, or none: the tablet then gets the whole file. A truck that moved to another city is told to the tablets of the
one it left, and to no others.
"""

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE tablet_register ADD COLUMN left_cities text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN tablet_register.left_cities IS
  'first four digits of the areas that it belonged to before: a delta tells them that it is gone';
CREATE TABLE tablet_register_marks (
  revision bigint PRIMARY KEY,
  mark text NOT NULL CHECK (length(mark) = 12),
  at timestamptz NOT NULL,
  changed int NOT NULL
);
CREATE INDEX tablet_register_marks_at ON tablet_register_marks (at);
COMMENT ON TABLE tablet_register_marks IS
  'Revisions of the off-line register that a delta may begin at; the mark is drawn at random, so that a revision of '
  'another database, or of one put back from a copy, is not taken for ours';
COMMENT ON COLUMN tablet_register_marks.changed IS 'rows that changed';
CREATE INDEX cases_open_subjects ON cases (truck_id, machine_id, division) WHERE closed_at IS NULL;
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP INDEX cases_open_subjects;
DROP TABLE tablet_register_marks;
ALTER TABLE tablet_register DROP COLUMN left_cities;
"""
    )
