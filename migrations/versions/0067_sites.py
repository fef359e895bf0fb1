"""Sites of enterprises with the machines on them, pleas of enterprises, evidence of the new nouns.

A site's boundary is a zone of kind `site`: it forbids nothing by itself, and ingest keeps visits to it as to any zone.
A fenced account reads control zones and its own sites, nobody else's.
"""

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

OWNERS = "'inspection', 'capture', 'case', 'referral', 'repair', 'document', 'device_review', 'objection'"
NEW_OWNERS = (
    "'passage', 'plant_vehicle', 'plant_machine', 'gate_lift', 'whitelist', 'alert', 'large_user', 'verification',"
    " 'site_stay', 'plea'"
)
VISIBLE = """
CREATE OR REPLACE FUNCTION evidence_owner_visible(of_kind text, of_id bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN  -- runs as who asks: the row policies of the owner's table decide
  RETURN CASE of_kind
    WHEN 'inspection' THEN EXISTS (SELECT FROM inspections WHERE id = of_id)
    WHEN 'capture' THEN EXISTS (SELECT FROM captures WHERE id = of_id)
    WHEN 'case' THEN EXISTS (SELECT FROM cases WHERE id = of_id)
    WHEN 'objection' THEN EXISTS (SELECT FROM cases WHERE id = of_id)
    WHEN 'referral' THEN EXISTS (SELECT FROM referrals WHERE id = of_id)
    WHEN 'document' THEN EXISTS (SELECT FROM documents WHERE id = of_id)
    WHEN 'repair' THEN EXISTS (SELECT FROM repairs WHERE id = of_id)
    %s
    ELSE false END;
END $$;
"""
NEW_VISIBLE = """WHEN 'passage' THEN EXISTS (SELECT FROM ledger_passages WHERE id = of_id)
    WHEN 'plant_vehicle' THEN EXISTS (SELECT FROM plant_vehicles WHERE id = of_id)
    WHEN 'plant_machine' THEN EXISTS (SELECT FROM plant_machines WHERE id = of_id)
    WHEN 'gate_lift' THEN EXISTS (SELECT FROM gate_lifts WHERE id = of_id)
    WHEN 'whitelist' THEN EXISTS (SELECT FROM whitelist_entries WHERE id = of_id)
    WHEN 'alert' THEN EXISTS (SELECT FROM alerts WHERE id = of_id)
    WHEN 'large_user' THEN EXISTS (SELECT FROM large_users WHERE id = of_id)
    WHEN 'verification' THEN EXISTS (SELECT FROM verification_tasks WHERE id = of_id)
    WHEN 'site_stay' THEN EXISTS (SELECT FROM site_stays WHERE id = of_id)
    WHEN 'plea' THEN EXISTS (SELECT FROM pleas WHERE id = of_id)"""


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE zones ADD COLUMN kind text NOT NULL DEFAULT 'control' CHECK (kind IN ('control', 'site'));
COMMENT ON COLUMN zones.kind IS 'control: a notice of a government; site: the boundary of an enterprise''s site, forbids nothing by itself';
CREATE TABLE sites (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  zone_id int UNIQUE REFERENCES zones (id),
  division char(6) NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  kind text NOT NULL CHECK (kind IN ('plant', 'construction', 'mine', 'yard', 'port', 'logistics', 'other')),
  address text,
  contractor text,
  permit text,
  contact text,
  phone text,
  begins_on date,
  ends_on date CHECK (ends_on >= begins_on),
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'closed')),
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by int REFERENCES users (id),
  UNIQUE (enterprise_id, name)
);
CREATE INDEX sites_list ON sites (division, name);
CREATE TABLE site_stays (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  site_id int NOT NULL REFERENCES sites (id),
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  machine_id int REFERENCES machines (id),
  machine_text text NOT NULL CHECK (length(machine_text) BETWEEN 1 AND 40),
  category text,
  stage text,
  fuel text,
  entered_at timestamptz NOT NULL,
  left_at timestamptz CHECK (left_at >= entered_at),
  person text,
  note text,
  version int NOT NULL DEFAULT 1,
  history jsonb NOT NULL DEFAULT '[]',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  EXCLUDE USING gist (site_id WITH =, machine_text WITH =, tstzrange(entered_at, left_at) WITH &&)
);
CREATE INDEX site_stays_machine ON site_stays (machine_id, entered_at) WHERE machine_id IS NOT NULL;
CREATE INDEX site_stays_list ON site_stays (enterprise_id, entered_at DESC, id DESC);
CREATE INDEX site_stays_present ON site_stays (site_id) WHERE left_at IS NULL;
COMMENT ON TABLE site_stays IS 'Register of machines that came to a site and left it (进出场登记)';

CREATE SEQUENCE plea_numbers;
CREATE TABLE pleas (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number text NOT NULL UNIQUE,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  case_id bigint REFERENCES cases (id),
  violation_id bigint REFERENCES violations (id),
  content text NOT NULL CHECK (length(content) BETWEEN 10 AND 4000),
  person text NOT NULL,
  phone text,
  wants_hearing boolean NOT NULL DEFAULT false,
  sent_at timestamptz NOT NULL DEFAULT now(),
  sent_by int REFERENCES users (id),
  state text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'accepted', 'rejected', 'withdrawn')),
  answer text,
  answered_at timestamptz,
  answered_by int REFERENCES users (id),
  version int NOT NULL DEFAULT 1,
  CHECK (num_nonnulls(case_id, violation_id) = 1),
  CHECK ((state IN ('accepted', 'rejected')) = (answered_at IS NOT NULL AND answer IS NOT NULL))
);
CREATE INDEX pleas_open ON pleas (sent_at) WHERE state = 'sent';
CREATE INDEX pleas_enterprise ON pleas (enterprise_id, sent_at DESC);
CREATE INDEX pleas_case ON pleas (case_id) WHERE case_id IS NOT NULL;
COMMENT ON TABLE pleas IS 'What an enterprise says to its case or violation (APL 45: statement and defence), and the bureau''s answer';

ALTER TABLE sites ENABLE ROW LEVEL SECURITY;
ALTER TABLE site_stays ENABLE ROW LEVEL SECURITY;
ALTER TABLE pleas ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON sites TO platform_fenced USING (enterprise_id = fenced_enterprise());
CREATE POLICY fence ON site_stays TO platform_fenced USING (enterprise_id = fenced_enterprise())
  WITH CHECK (enterprise_id = fenced_enterprise() AND site_id IN (SELECT id FROM sites));
CREATE POLICY fence ON pleas FOR SELECT TO platform_fenced USING (enterprise_id = fenced_enterprise());
CREATE POLICY fence_send ON pleas FOR INSERT TO platform_fenced WITH CHECK (
  enterprise_id = fenced_enterprise() AND state = 'sent'
  AND (case_id IN (SELECT id FROM cases) OR violation_id IN (SELECT id FROM violations)));
CREATE POLICY fence_withdraw ON pleas FOR UPDATE TO platform_fenced
  USING (enterprise_id = fenced_enterprise() AND state = 'sent')
  WITH CHECK (enterprise_id = fenced_enterprise() AND state IN ('sent', 'withdrawn'));
GRANT SELECT ON sites TO platform_fenced;
GRANT SELECT, INSERT, UPDATE ON site_stays, pleas TO platform_fenced;
GRANT USAGE ON SEQUENCE plea_numbers TO platform_fenced;

ALTER TABLE zones ENABLE ROW LEVEL SECURITY;
ALTER TABLE zone_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON zones TO platform_fenced USING (
  kind = 'control' OR id IN (SELECT zone_id FROM sites WHERE enterprise_id = fenced_enterprise()));
CREATE POLICY fence ON zone_versions TO platform_fenced USING (zone_id IN (SELECT id FROM zones));
ALTER TABLE evidence_items DROP CONSTRAINT evidence_items_owner_kind_check;
"""
        f"ALTER TABLE evidence_items ADD CONSTRAINT evidence_items_owner_kind_check CHECK (owner_kind IN ({OWNERS}, {NEW_OWNERS}));"
        + VISIBLE
        % NEW_VISIBLE
    )


def downgrade() -> None:
    op.execute(
        VISIBLE % "" + """
ALTER TABLE zones DISABLE ROW LEVEL SECURITY;
ALTER TABLE zone_versions DISABLE ROW LEVEL SECURITY;
DROP POLICY fence ON zone_versions;
DROP POLICY fence ON zones;
DROP TABLE pleas, site_stays, sites;
DROP SEQUENCE plea_numbers;
ALTER TABLE zones DROP COLUMN kind;
ALTER TABLE evidence_items DROP CONSTRAINT evidence_items_owner_kind_check;
"""
        f"ALTER TABLE evidence_items ADD CONSTRAINT evidence_items_owner_kind_check CHECK (owner_kind IN ({OWNERS})) NOT VALID;"
    )
