"""Cases, their steps, referrals, penalties and deadlines.

One event is never two cases: what a case rests on stands in `case_sources` under a unique key. One act is never two
fines: a penalty names the act it is for, and an act has one. A step is never changed; a correction is another step.
"""

from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE SEQUENCE case_numbers;
CREATE TABLE cases (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number text NOT NULL UNIQUE,
  version int NOT NULL DEFAULT 1,
  subject_kind text NOT NULL CHECK (subject_kind IN ('truck', 'machine')),
  truck_id int REFERENCES trucks (id),
  machine_id int REFERENCES machines (id),
  subject_text text NOT NULL,
  home_city char(4),
  enterprise_id int REFERENCES enterprises (id),
  party_name text,
  party_kind text CHECK (party_kind IN ('person', 'unit')),
  party_code text,
  division char(6) NOT NULL,
  organisation_id int NOT NULL REFERENCES organisations (id),
  acted_from timestamptz NOT NULL,
  acted_to timestamptz NOT NULL CHECK (acted_to >= acted_from),
  place text,
  lon double precision,
  lat double precision,
  law text NOT NULL,
  offences text[] NOT NULL,
  facts jsonb NOT NULL,
  state text NOT NULL,
  states jsonb NOT NULL DEFAULT '{}',
  holder_id int NOT NULL REFERENCES organisations (id),
  assigned_to int REFERENCES users (id),
  outcome text,
  opened_at timestamptz NOT NULL DEFAULT now(),
  opened_by int REFERENCES users (id),
  filed_at timestamptz,
  closed_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (num_nonnulls(truck_id, machine_id) <= 1)
);
CREATE INDEX cases_opened ON cases (opened_at DESC, id DESC);
CREATE INDEX cases_state ON cases (state, opened_at DESC, id DESC);
CREATE INDEX cases_division ON cases (division, opened_at DESC, id DESC);
CREATE INDEX cases_holder ON cases (holder_id, state, opened_at DESC);
CREATE INDEX cases_truck ON cases (truck_id, acted_from DESC) WHERE truck_id IS NOT NULL;
CREATE INDEX cases_machine ON cases (machine_id, acted_from DESC) WHERE machine_id IS NOT NULL;
CREATE INDEX cases_enterprise ON cases (enterprise_id, opened_at DESC) WHERE enterprise_id IS NOT NULL;
CREATE INDEX cases_party ON cases (party_name) WHERE party_name IS NOT NULL;
CREATE INDEX cases_subject ON cases USING gin (subject_text gin_trgm_ops);
COMMENT ON COLUMN cases.home_city IS 'first four digits of the area that the plate belongs to, where it is known';
COMMENT ON COLUMN cases.state IS 'of the main line; the table of transitions is enforcement/cases/steps.py';
COMMENT ON COLUMN cases.states IS 'state of each parallel branch, by its name';
COMMENT ON COLUMN cases.facts IS 'what happened, with value, limit, rule rows, zone version, as it was when the case was opened';
COMMENT ON COLUMN cases.holder_id IS 'the bureau that has to act next on the main line';

CREATE TABLE case_sources (
  kind text NOT NULL CHECK (kind IN ('violation', 'capture', 'inspection', 'lead', 'referral')),
  source_id bigint NOT NULL,
  case_id bigint NOT NULL REFERENCES cases (id),
  added_at timestamptz NOT NULL DEFAULT now(),
  added_by int REFERENCES users (id),
  PRIMARY KEY (kind, source_id)
);
CREATE INDEX case_sources_case ON case_sources (case_id);
COMMENT ON TABLE case_sources IS 'What a case rests on; the key lets no source be in two cases';

CREATE TABLE case_steps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases (id),
  branch text NOT NULL,
  action text NOT NULL,
  from_state text,
  to_state text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  user_id int REFERENCES users (id),
  organisation_id int REFERENCES organisations (id),
  reason text,
  note text,
  document_id bigint,
  evidence_item_ids bigint[] NOT NULL DEFAULT '{}',
  rule_keys text[] NOT NULL DEFAULT '{}',
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX case_steps_case ON case_steps (case_id, id);

CREATE SEQUENCE referral_numbers;
CREATE TABLE referrals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number text NOT NULL UNIQUE,
  version int NOT NULL DEFAULT 1,
  case_id bigint NOT NULL REFERENCES cases (id),
  branch text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('transfer', 'copy')),
  from_id int NOT NULL REFERENCES organisations (id),
  to_id int NOT NULL REFERENCES organisations (id),
  state text NOT NULL,
  basis text NOT NULL,
  message text,
  contact text,
  manifest jsonb NOT NULL DEFAULT '{}',
  result jsonb,
  reason text,
  sent_at timestamptz NOT NULL DEFAULT now(),
  sent_by int REFERENCES users (id),
  received_at timestamptz,
  received_by int REFERENCES users (id),
  accepted_at timestamptz,
  answered_at timestamptz,
  answered_by int REFERENCES users (id),
  CHECK (from_id <> to_id)
);
CREATE UNIQUE INDEX referrals_one_open ON referrals (case_id, to_id) WHERE state NOT IN ('returned', 'answered', 'withdrawn');
CREATE INDEX referrals_to ON referrals (to_id, state, sent_at DESC, id DESC);
CREATE INDEX referrals_from ON referrals (from_id, state, sent_at DESC, id DESC);
CREATE INDEX referrals_inbox ON referrals (to_id, sent_at DESC, id DESC);
CREATE INDEX referrals_outbox ON referrals (from_id, sent_at DESC, id DESC);
CREATE INDEX referrals_sent ON referrals (sent_at DESC, id DESC);
CREATE INDEX referrals_case ON referrals (case_id);
COMMENT ON COLUMN referrals.manifest IS 'evidence as sent: items with SHA-256 and SM3';

CREATE TABLE penalties (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases (id),
  act text NOT NULL,
  offence text NOT NULL,
  organisation_id int NOT NULL REFERENCES organisations (id),
  referral_id bigint REFERENCES referrals (id),
  decision_number text NOT NULL,
  code text,
  amount_cny numeric(12, 2) NOT NULL CHECK (amount_cny >= 0),
  machines int NOT NULL DEFAULT 1 CHECK (machines > 0),
  points int,
  on_the_spot boolean NOT NULL DEFAULT false,
  legal_basis text NOT NULL,
  rule_keys text[] NOT NULL,
  decided_on date NOT NULL,
  paid_on date,
  revoked_at timestamptz,
  revoked_reason text,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id)
);
CREATE UNIQUE INDEX penalties_one_act ON penalties (act) WHERE revoked_at IS NULL;
CREATE INDEX penalties_case ON penalties (case_id);
COMMENT ON COLUMN penalties.act IS 'the act that is fined, whatever saw it: an act has one fine (APL 29, CODE 1055)';

CREATE TABLE deadlines (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_id bigint NOT NULL REFERENCES cases (id),
  referral_id bigint REFERENCES referrals (id),
  kind text NOT NULL,
  rule_key text NOT NULL,
  day_kind text NOT NULL CHECK (day_kind IN ('working', 'calendar')),
  days int NOT NULL,
  starts_on date NOT NULL,
  due_on date NOT NULL,
  organisation_id int NOT NULL REFERENCES organisations (id),
  user_id int REFERENCES users (id),
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'met', 'cancelled')),
  ended_at timestamptz,
  reminded_at timestamptz
);
CREATE INDEX deadlines_due ON deadlines (organisation_id, due_on, id) WHERE state IN ('running', 'paused');
CREATE INDEX deadlines_queue ON deadlines (due_on, id) WHERE state IN ('running', 'paused');
CREATE INDEX deadlines_ended ON deadlines (due_on DESC, id DESC) WHERE state IN ('met', 'cancelled');
CREATE INDEX deadlines_person ON deadlines (user_id, due_on) WHERE state IN ('running', 'paused');
CREATE INDEX deadlines_referral ON deadlines (referral_id) WHERE referral_id IS NOT NULL;
CREATE INDEX deadlines_reminded ON deadlines (due_on, id) WHERE state = 'running' AND reminded_at IS NOT NULL;
CREATE INDEX deadlines_unreminded ON deadlines (due_on) WHERE state = 'running' AND reminded_at IS NULL;
CREATE INDEX deadlines_case ON deadlines (case_id);
COMMENT ON COLUMN deadlines.due_on IS 'the last Beijing day; pauses are in it';
CREATE TABLE deadline_pauses (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  deadline_id bigint NOT NULL REFERENCES deadlines (id),
  from_day date NOT NULL,
  to_day date CHECK (to_day >= from_day),
  reason text NOT NULL,
  document text,
  recorded_by int REFERENCES users (id)
);
CREATE INDEX deadline_pauses_of ON deadline_pauses (deadline_id);

CREATE TRIGGER case_steps_append_only BEFORE UPDATE OR DELETE ON case_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE referrals ENABLE ROW LEVEL SECURITY;
ALTER TABLE penalties ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE deadlines ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON referrals TO platform_fenced
  USING (to_id = fenced_organisation() AND state <> 'withdrawn' OR from_id = fenced_organisation());
CREATE POLICY fence ON cases TO platform_fenced USING (
  enterprise_id = fenced_enterprise() AND filed_at IS NOT NULL
  OR id IN (SELECT case_id FROM referrals WHERE state <> 'withdrawn'));
CREATE POLICY fence ON deadlines TO platform_fenced USING (organisation_id = fenced_organisation());
CREATE POLICY fence ON penalties TO platform_fenced USING (case_id IN (SELECT id FROM cases));
CREATE POLICY fence ON case_steps TO platform_fenced USING (case_id IN (SELECT id FROM cases));
GRANT SELECT ON cases, referrals, penalties, case_steps, deadlines TO platform_fenced;
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP TABLE deadline_pauses, deadlines, penalties, referrals, case_steps, case_sources, cases;
DROP SEQUENCE referral_numbers, case_numbers;
"""
    )
