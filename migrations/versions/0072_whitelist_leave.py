"""Leave as it holds: approved, not withdrawn, suspensions cut out; leave that opens gates only; what an entry names.

An enterprise applies for the trucks of its carriers too. It may not read their register rows, so an entry keeps the
names it was asked with: plate and colour or machine number, and the plant.

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
  ADD COLUMN subject_text text, ADD COLUMN subject_colour text, ADD COLUMN plant_text text,
  ADD CONSTRAINT whitelist_entries_gates_only CHECK (NOT (gates_only AND zone_id IS NOT NULL));
UPDATE whitelist_entries w SET subject_text = coalesce(
    (SELECT t.plate FROM trucks t WHERE t.id = w.truck_id),
    (SELECT coalesce(m.registration_number, m.pin, m.machine_code, m.engine_number) FROM machines m WHERE m.id = w.machine_id)),
  subject_colour = (SELECT t.plate_colour FROM trucks t WHERE t.id = w.truck_id);
CREATE FUNCTION name_whitelist_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN  -- whatever the caller says: the names are those of the rows
  SELECT plate, plate_colour INTO NEW.subject_text, NEW.subject_colour FROM trucks WHERE id = NEW.truck_id;
  IF NEW.machine_id IS NOT NULL THEN
    SELECT coalesce(registration_number, pin, machine_code, engine_number) INTO NEW.subject_text
    FROM machines WHERE id = NEW.machine_id;
  END IF;
  NEW.plant_text := (SELECT name FROM enterprises WHERE id = NEW.enterprise_id);
  RETURN NEW;
END $$;
CREATE TRIGGER whitelist_entries_named BEFORE INSERT ON whitelist_entries
  FOR EACH ROW EXECUTE FUNCTION name_whitelist_entry();
CREATE INDEX whitelist_plant ON whitelist_entries (enterprise_id) WHERE enterprise_id IS NOT NULL;
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

CREATE POLICY fence_whitelist ON evidence_items AS RESTRICTIVE FOR SELECT TO platform_fenced USING (
  owner_kind <> 'whitelist' OR EXISTS (
    SELECT FROM whitelist_entries w WHERE w.id = owner_id AND w.applicant_id = fenced_enterprise()));
COMMENT ON POLICY fence_whitelist ON evidence_items IS
  'whose truck an application names reads the entry, and not the papers of the enterprise that applied';
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP POLICY fence_whitelist ON evidence_items;
DROP VIEW whitelist_leave;
-- without the column they would give leave in every zone of the city
UPDATE whitelist_entries SET state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = 'for gates only'
WHERE gates_only AND state = 'active';
UPDATE whitelist_entries SET state = 'refused' WHERE gates_only AND state IN ('requested', 'reviewed');
DROP TRIGGER whitelist_entries_named ON whitelist_entries;
DROP FUNCTION name_whitelist_entry;
DROP INDEX whitelist_plant;
ALTER TABLE whitelist_entries DROP COLUMN gates_only, DROP COLUMN subject_text, DROP COLUMN subject_colour,
  DROP COLUMN plant_text;
"""
    )
