"""What the bureau makes of the ledgers: scores, verification tasks, clean transport, legal holds and retention."""

from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE ledger_scores (
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  month date NOT NULL,
  score numeric(5, 2) CHECK (score BETWEEN 0 AND 100),
  passages int NOT NULL,
  parts jsonb NOT NULL,
  rule_keys text[] NOT NULL DEFAULT '{}',
  computed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (enterprise_id, month)
);
CREATE INDEX ledger_scores_list ON ledger_scores (month DESC, score, enterprise_id);
COMMENT ON TABLE ledger_scores IS 'How far a ledger agrees with register, tracks and captures; parts: each check with its counts and weight';

CREATE SEQUENCE verification_numbers;
CREATE TABLE verification_tasks (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number text NOT NULL UNIQUE,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  alert_id int REFERENCES alerts (id),
  from_on date NOT NULL,
  to_on date NOT NULL CHECK (to_on >= from_on),
  seed text NOT NULL,
  method jsonb NOT NULL,
  drawn_at timestamptz NOT NULL DEFAULT now(),
  drawn_by int REFERENCES users (id),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'finished', 'void')),
  score numeric(5, 2),
  conclusion text,
  rule_keys text[] NOT NULL DEFAULT '{}',
  finished_at timestamptz,
  finished_by int REFERENCES users (id),
  void_reason text,
  version int NOT NULL DEFAULT 1,
  CHECK ((state = 'finished') = (finished_at IS NOT NULL)),
  CHECK ((state = 'void') = (void_reason IS NOT NULL))
);
CREATE INDEX verification_tasks_list ON verification_tasks (drawn_at DESC, id DESC);
CREATE INDEX verification_tasks_enterprise ON verification_tasks (enterprise_id, drawn_at DESC);
CREATE TABLE verification_items (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id int NOT NULL REFERENCES verification_tasks (id),
  part text NOT NULL CHECK (part IN ('complete', 'stage', 'normal_day', 'alert_day', 'video')),
  ordinal int NOT NULL,
  passage_id bigint,
  day date,
  drawn jsonb NOT NULL DEFAULT '{}',
  verdict text CHECK (verdict IN ('good', 'fault', 'unclear')),
  found jsonb NOT NULL DEFAULT '{}',
  note text,
  checked_at timestamptz,
  checked_by int REFERENCES users (id),
  UNIQUE (task_id, part, ordinal),
  CHECK ((verdict IS NULL) = (checked_at IS NULL))
);
COMMENT ON TABLE verification_tasks IS 'Verification of a ledger by the script of HJ 1321 (enforcement.md 5.7); drawn by a seed that is kept';
COMMENT ON COLUMN verification_items.drawn IS 'the row or day as it stood when it was drawn';

CREATE TABLE clean_transport (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  month date NOT NULL CHECK (extract(day FROM month) = 1),
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  mode text NOT NULL CHECK (mode IN ('rail', 'water', 'pipeline', 'tubular_belt', 'closed_corridor')),
  cargo text NOT NULL,
  tonnes numeric(14, 3) NOT NULL CHECK (tonnes >= 0),
  document text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  version int NOT NULL DEFAULT 1,
  history jsonb NOT NULL DEFAULT '[]',
  UNIQUE (enterprise_id, month, direction, mode, cargo)
);
COMMENT ON TABLE clean_transport IS 'Tonnes that came or went otherwise than by road; the road part is summed from ledger A';
COMMENT ON COLUMN clean_transport.history IS 'older content with time, person and reason, newest last';

CREATE TABLE legal_holds (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  from_on date NOT NULL,
  to_on date NOT NULL CHECK (to_on >= from_on),
  reason text NOT NULL CHECK (length(reason) BETWEEN 4 AND 500),
  set_at timestamptz NOT NULL DEFAULT now(),
  set_by int REFERENCES users (id),
  released_at timestamptz,
  released_by int REFERENCES users (id),
  release_reason text,
  CHECK ((released_at IS NULL) = (release_reason IS NULL))
);
CREATE INDEX legal_holds_open ON legal_holds (enterprise_id, from_on, to_on) WHERE released_at IS NULL;
COMMENT ON TABLE legal_holds IS 'Days of an enterprise''s ledgers that retention leaves alone';
CREATE TABLE retention_runs (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  what text NOT NULL,
  before_at timestamptz NOT NULL,
  removed_n bigint NOT NULL,
  held_n bigint NOT NULL,
  rule_keys text[] NOT NULL DEFAULT '{}'
);

ALTER TABLE ledger_scores ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE clean_transport ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON ledger_scores TO platform_fenced USING (enterprise_id = fenced_enterprise());
CREATE POLICY fence ON verification_tasks TO platform_fenced
  USING (enterprise_id = fenced_enterprise() AND state = 'finished');
CREATE POLICY fence ON verification_items TO platform_fenced USING (task_id IN (SELECT id FROM verification_tasks));
CREATE POLICY fence ON clean_transport TO platform_fenced USING (enterprise_id = fenced_enterprise())
  WITH CHECK (enterprise_id = fenced_enterprise());
GRANT SELECT ON ledger_scores, verification_tasks, verification_items TO platform_fenced;
GRANT SELECT, INSERT, UPDATE ON clean_transport TO platform_fenced;
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP TABLE retention_runs, legal_holds, clean_transport, verification_items, verification_tasks, ledger_scores;
DROP SEQUENCE verification_numbers;
"""
    )
