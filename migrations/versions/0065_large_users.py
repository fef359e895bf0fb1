"""The whitelist's way (application, county review, city approval, suspension), large truck users, performance grades."""

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE whitelist_entries
  ADD COLUMN enterprise_id int REFERENCES enterprises (id),
  ADD COLUMN applicant_id int REFERENCES enterprises (id),
  ADD COLUMN applicant text,
  ADD COLUMN route text,
  ADD COLUMN level_to text CHECK (level_to IN ('yellow', 'orange', 'red')),
  ADD COLUMN reviewed_at timestamptz,
  ADD COLUMN reviewed_by int REFERENCES users (id),
  ADD COLUMN review_note text;
ALTER TABLE whitelist_entries DROP CONSTRAINT whitelist_entries_state_check;
ALTER TABLE whitelist_entries ADD CONSTRAINT whitelist_entries_state_check
  CHECK (state IN ('requested', 'reviewed', 'active', 'refused', 'withdrawn'));
ALTER TABLE whitelist_entries DROP CONSTRAINT whitelist_entries_approved;
ALTER TABLE whitelist_entries ADD CONSTRAINT whitelist_entries_approved
  CHECK (state IN ('requested', 'reviewed', 'refused') OR approver IS NOT NULL),
  ADD CONSTRAINT whitelist_entries_review_eyes CHECK (reviewed_by <> created_by AND decided_by <> reviewed_by);
CREATE INDEX whitelist_applicant ON whitelist_entries (applicant_id) WHERE applicant_id IS NOT NULL;
COMMENT ON COLUMN whitelist_entries.enterprise_id IS 'the plant whose gates it opens in an alert; null: every plant';
COMMENT ON COLUMN whitelist_entries.level_to IS 'the highest level of alert it holds in; null: every level';
COMMENT ON COLUMN whitelist_entries.applicant_id IS 'the enterprise that applied by its own account';

CREATE TABLE whitelist_suspensions (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entry_id int NOT NULL REFERENCES whitelist_entries (id),
  from_at timestamptz NOT NULL,
  to_at timestamptz CHECK (to_at >= from_at),
  cause text NOT NULL CHECK (cause IN ('failed_test', 'black_smoke', 'stage_corrected', 'terminal_silent',
                                       'inspection_expired', 'by_hand')),
  cause_id bigint,
  reason_zh text NOT NULL,
  reason_en text NOT NULL,
  rule_keys text[] NOT NULL DEFAULT '{}',
  set_by int REFERENCES users (id),
  ended_by int REFERENCES users (id),
  ended_reason text,
  CHECK ((to_at IS NULL) = (ended_reason IS NULL))
);
CREATE UNIQUE INDEX whitelist_suspensions_once ON whitelist_suspensions (entry_id, cause, coalesce(cause_id, 0)) WHERE to_at IS NULL;
CREATE INDEX whitelist_suspensions_entry ON whitelist_suspensions (entry_id, from_at);
COMMENT ON TABLE whitelist_suspensions IS 'While a suspension holds an entry gives no leave; acts before it and after it stay covered';
COMMENT ON COLUMN whitelist_suspensions.cause_id IS 'inspection, capture, terminal or history row it rests on; set_by null: found by itself';

CREATE TABLE whitelist_steps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entry_id int NOT NULL REFERENCES whitelist_entries (id),
  at timestamptz NOT NULL DEFAULT now(),
  step text NOT NULL,
  by_user int REFERENCES users (id),
  by_name text NOT NULL,
  note text NOT NULL DEFAULT ''
);
CREATE INDEX whitelist_steps_entry ON whitelist_steps (entry_id, id);
CREATE TRIGGER whitelist_steps_hold BEFORE UPDATE OR DELETE ON whitelist_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER whitelist_suspensions_watch AFTER INSERT OR UPDATE ON whitelist_suspensions
  FOR EACH STATEMENT EXECUTE FUNCTION notify_watch();

DROP POLICY fence ON whitelist_entries;
CREATE POLICY fence ON whitelist_entries FOR SELECT TO platform_fenced USING (
  truck_id IN (SELECT id FROM trucks) OR machine_id IN (SELECT id FROM machines) OR applicant_id = fenced_enterprise());
CREATE POLICY fence_apply ON whitelist_entries FOR INSERT TO platform_fenced
  WITH CHECK (applicant_id = fenced_enterprise() AND state = 'requested');
CREATE POLICY fence_withdraw ON whitelist_entries FOR UPDATE TO platform_fenced
  USING (applicant_id = fenced_enterprise() AND state = 'requested')
  WITH CHECK (applicant_id = fenced_enterprise() AND state IN ('requested', 'refused'));
ALTER TABLE whitelist_suspensions ENABLE ROW LEVEL SECURITY;
ALTER TABLE whitelist_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON whitelist_suspensions TO platform_fenced USING (entry_id IN (SELECT id FROM whitelist_entries));
CREATE POLICY fence ON whitelist_steps TO platform_fenced USING (entry_id IN (SELECT id FROM whitelist_entries))
  WITH CHECK (entry_id IN (SELECT id FROM whitelist_entries));
GRANT INSERT, UPDATE ON whitelist_entries TO platform_fenced;
GRANT SELECT ON whitelist_suspensions TO platform_fenced;
GRANT SELECT, INSERT ON whitelist_steps TO platform_fenced;

CREATE TABLE large_users (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  list_version text NOT NULL CHECK (length(list_version) BETWEEN 1 AND 60),
  from_on date NOT NULL,
  to_on date CHECK (to_on > from_on),
  industry text NOT NULL,
  kind text NOT NULL DEFAULT 'plant' CHECK (kind IN ('plant', 'mine', 'coal_washing', 'port', 'logistics', 'construction', 'other')),
  people_supply boolean NOT NULL DEFAULT false,
  trips_normal numeric(8, 1) NOT NULL CHECK (trips_normal >= 0),
  trips_alert numeric(8, 1) CHECK (trips_alert >= 0),
  fleet jsonb NOT NULL DEFAULT '{}',
  gate_state text NOT NULL DEFAULT 'none' CHECK (gate_state IN ('none', 'built', 'networked')),
  plan_file text,
  contact text,
  phone text,
  reason_in text NOT NULL,
  reason_out text,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  version int NOT NULL DEFAULT 1,
  CHECK ((to_on IS NULL) = (reason_out IS NULL)),
  EXCLUDE USING gist (enterprise_id WITH =, daterange(from_on, to_on) WITH &&)
);
CREATE INDEX large_users_list ON large_users (division, from_on DESC, id DESC);
COMMENT ON TABLE large_users IS 'Large truck users (用车大户), each with the days it stood on the list; [from_on, to_on)';
COMMENT ON COLUMN large_users.trips_normal IS 'goods vehicles in and out a normal day, passages';
COMMENT ON COLUMN large_users.fleet IS 'number of vehicles by stage code';

CREATE TABLE performance_grades (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  industry text NOT NULL,
  grade text NOT NULL CHECK (grade IN ('A', 'B', 'B-', 'C', 'D', 'leading', 'not_leading')),
  from_on date NOT NULL,
  to_on date CHECK (to_on > from_on),
  document text NOT NULL,
  reason text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  version int NOT NULL DEFAULT 1,
  EXCLUDE USING gist (enterprise_id WITH =, daterange(from_on, to_on) WITH &&)
);
CREATE INDEX performance_grades_list ON performance_grades (division, from_on DESC, id DESC);
COMMENT ON TABLE performance_grades IS 'Performance grade of an enterprise (CODE 265) by days; [from_on, to_on)';

CREATE TABLE grade_promises (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{2,60}$'),
  revision int NOT NULL DEFAULT 1,
  industry text NOT NULL DEFAULT '',
  grade text NOT NULL CHECK (grade IN ('A', 'B', 'B-', 'C', 'D', 'leading', 'not_leading')),
  subject text NOT NULL CHECK (subject IN ('road', 'plant_vehicle', 'machine')),
  share_pct numeric(5, 2) NOT NULL CHECK (share_pct BETWEEN 0 AND 100),
  least_stage text NOT NULL,
  from_on date NOT NULL,
  to_on date CHECK (to_on > from_on),
  legal_basis text NOT NULL,
  certainty text NOT NULL CHECK (certainty IN ('confirmed', 'unconfirmed')),
  source text NOT NULL,
  zh text NOT NULL,
  en text NOT NULL,
  withdrawn boolean NOT NULL DEFAULT false,
  reason text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  UNIQUE (key, revision)
);
CREATE TRIGGER grade_promises_hold BEFORE UPDATE OR DELETE ON grade_promises FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE grade_promises IS 'What a grade promises of transport: at least share_pct of the vehicles of least_stage or new energy';

ALTER TABLE large_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE performance_grades ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON large_users TO platform_fenced USING (enterprise_id = fenced_enterprise());
CREATE POLICY fence ON performance_grades TO platform_fenced USING (enterprise_id = fenced_enterprise());
GRANT SELECT ON large_users, performance_grades, grade_promises TO platform_fenced;
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP TABLE grade_promises, performance_grades, large_users, whitelist_steps, whitelist_suspensions;
REVOKE INSERT, UPDATE ON whitelist_entries FROM platform_fenced;
DROP POLICY fence ON whitelist_entries;
DROP POLICY fence_apply ON whitelist_entries;
DROP POLICY fence_withdraw ON whitelist_entries;
CREATE POLICY fence ON whitelist_entries TO platform_fenced USING (
  truck_id IN (SELECT id FROM trucks) OR machine_id IN (SELECT id FROM machines));
UPDATE whitelist_entries SET state = 'requested' WHERE state = 'reviewed';
ALTER TABLE whitelist_entries DROP CONSTRAINT whitelist_entries_review_eyes, DROP CONSTRAINT whitelist_entries_approved,
  DROP CONSTRAINT whitelist_entries_state_check;
ALTER TABLE whitelist_entries ADD CONSTRAINT whitelist_entries_state_check
  CHECK (state IN ('requested', 'active', 'refused', 'withdrawn')),
  ADD CONSTRAINT whitelist_entries_approved CHECK (state IN ('requested', 'refused') OR approver IS NOT NULL);
ALTER TABLE whitelist_entries DROP COLUMN enterprise_id, DROP COLUMN applicant_id, DROP COLUMN applicant, DROP COLUMN route,
  DROP COLUMN level_to, DROP COLUMN reviewed_at, DROP COLUMN reviewed_by, DROP COLUMN review_note;
"""
    )
