"""Leave as it holds: approved, not withdrawn, suspensions cut out; and leave that opens gates only.

Zone checks, gate answers, tablets and lists read one view, so that none of them can forget a suspension.
"""

from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE whitelist_entries ADD COLUMN gates_only boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT whitelist_entries_gates_only CHECK (NOT (gates_only AND zone_id IS NOT NULL));
COMMENT ON COLUMN whitelist_entries.gates_only IS 'it opens gates in an alert and gives no leave in a zone';

CREATE VIEW whitelist_leave WITH (security_invoker = true) AS
SELECT w.id AS entry_id, w.truck_id, w.machine_id, w.zone_id, w.gates_only, w.enterprise_id, w.level_to, w.purpose,
  coalesce(w.approver, '') AS approver, coalesce(w.document, '') AS document,
  lower(held) AS held_from, upper(held) AS held_to
FROM whitelist_entries w
CROSS JOIN LATERAL (SELECT greatest(w.valid_from, w.decided_at) AS from_at, least(w.valid_to, w.withdrawn_at) AS to_at) p
CROSS JOIN LATERAL unnest(
  tstzmultirange(tstzrange(p.from_at, greatest(p.from_at, p.to_at)))
  - coalesce((SELECT range_agg(tstzrange(s.from_at, s.to_at)) FROM whitelist_suspensions s WHERE s.entry_id = w.id),
             '{}'::tstzmultirange)) AS held
WHERE w.state IN ('active', 'withdrawn');
COMMENT ON VIEW whitelist_leave IS
  'Each stretch [held_from, held_to) in which an entry gives leave: from its approval to its end or withdrawal, without suspensions';
GRANT SELECT ON whitelist_leave TO platform_fenced;
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP VIEW whitelist_leave;
DELETE FROM whitelist_suspensions WHERE entry_id IN (SELECT id FROM whitelist_entries WHERE gates_only);
ALTER TABLE whitelist_entries DROP COLUMN gates_only;
"""
    )
