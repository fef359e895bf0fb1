"""Heavy-pollution alerts as they were announced, and the measures that the bureau takes in them.

A measure is never changed: a newer revision of its key follows from a moment on that is not past, so that what was
answered before still explains itself. An alert's beginning stands; only its end is set later.
"""

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE alerts (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  level text NOT NULL CHECK (level IN ('yellow', 'orange', 'red')),
  division char(6) NOT NULL REFERENCES divisions (code),
  from_at timestamptz NOT NULL,
  planned_to_at timestamptz CHECK (planned_to_at > from_at),
  to_at timestamptz CHECK (to_at >= from_at),
  document text NOT NULL CHECK (length(document) BETWEEN 2 AND 100),
  authority text NOT NULL CHECK (length(authority) BETWEEN 2 AND 100),
  issued_on date NOT NULL,
  note text,
  lift_document text,
  lifted_at timestamptz,
  lifted_by int REFERENCES users (id),
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'withdrawn')),
  withdrawn_at timestamptz,
  withdrawn_by int REFERENCES users (id),
  withdrawn_reason text,
  entered_at timestamptz NOT NULL DEFAULT now(),
  entered_by int REFERENCES users (id),
  version int NOT NULL DEFAULT 1,
  CHECK ((to_at IS NULL) = (lifted_at IS NULL)),
  CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL AND withdrawn_reason IS NOT NULL)),
  EXCLUDE USING gist (division WITH =, tstzrange(from_at, to_at) WITH &&) WHERE (state = 'active')
);
CREATE INDEX alerts_list ON alerts (from_at DESC, id DESC);
COMMENT ON TABLE alerts IS 'Official warnings only, entered by an authorised person with the document (CODE 263)';
COMMENT ON COLUMN alerts.division IS 'the area: a city covers its counties, a county itself';
COMMENT ON COLUMN alerts.to_at IS 'when it was lifted; null: in force, whatever was planned';
COMMENT ON COLUMN alerts.withdrawn_at IS 'entered by mistake: it counts for nothing from then on; answers given before keep it';

CREATE FUNCTION hold_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.level, OLD.division, OLD.from_at, OLD.document, OLD.authority, OLD.issued_on, OLD.entered_at)
     IS DISTINCT FROM (NEW.level, NEW.division, NEW.from_at, NEW.document, NEW.authority, NEW.issued_on, NEW.entered_at)
     OR OLD.to_at IS NOT NULL AND NEW.to_at IS DISTINCT FROM OLD.to_at OR OLD.state = 'withdrawn' THEN
    RAISE EXCEPTION 'an alert is not rewritten: lift it, or withdraw it with a reason' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER alerts_hold BEFORE UPDATE OR DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION hold_alert();

CREATE TABLE alert_measures (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{2,40}$'),
  revision int NOT NULL,
  area text NOT NULL DEFAULT '',
  levels text[] NOT NULL CHECK (cardinality(levels) > 0 AND levels <@ ARRAY['yellow', 'orange', 'red']),
  subject text NOT NULL CHECK (subject IN ('truck', 'machine')),
  place jsonb NOT NULL,
  terms jsonb NOT NULL,
  effect text NOT NULL CHECK (effect IN ('deny', 'limit', 'allow')),
  exemptions text[] NOT NULL DEFAULT '{}',
  valid_from timestamptz NOT NULL,
  valid_to timestamptz CHECK (valid_to > valid_from),
  legal_basis text NOT NULL,
  certainty text NOT NULL CHECK (certainty IN ('confirmed', 'unconfirmed')),
  source text NOT NULL,
  zh text NOT NULL,
  en text NOT NULL,
  withdrawn boolean NOT NULL DEFAULT false,
  reason text NOT NULL DEFAULT '',
  recorded_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  UNIQUE (key, area, revision)
);
CREATE TRIGGER alert_measures_hold BEFORE UPDATE OR DELETE ON alert_measures FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE alert_measures IS 'Measures of the bureau''s emergency list (enforcement.md 6.2): level, subject, place, predicate, effect, exemptions';

ALTER TABLE gate_answers ADD FOREIGN KEY (alert_id) REFERENCES alerts (id);
CREATE TRIGGER alerts_watch AFTER INSERT OR UPDATE ON alerts FOR EACH STATEMENT EXECUTE FUNCTION notify_watch();
CREATE TRIGGER alert_measures_watch AFTER INSERT ON alert_measures FOR EACH STATEMENT EXECUTE FUNCTION notify_watch();
GRANT SELECT ON alerts, alert_measures TO platform_fenced;

ALTER TABLE leads ADD COLUMN enterprise_id int REFERENCES enterprises (id), ADD COLUMN truck_id int REFERENCES trucks (id),
  ADD COLUMN machine_id int REFERENCES machines (id), ADD COLUMN alert_id int REFERENCES alerts (id),
  ADD COLUMN passage_id bigint;
CREATE INDEX leads_enterprise ON leads (enterprise_id, last_at DESC) WHERE enterprise_id IS NOT NULL;
CREATE INDEX leads_alert ON leads (alert_id, last_at DESC) WHERE alert_id IS NOT NULL;
CREATE INDEX leads_passage ON leads (passage_id) WHERE passage_id IS NOT NULL;
COMMENT ON COLUMN leads.passage_id IS 'the row of ledger A it rests on; no foreign key: the lead outlives the ledger''s retention';

CREATE TABLE job_runs (
  name text PRIMARY KEY,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  result jsonb,
  failures int NOT NULL DEFAULT 0,
  fault text
);
COMMENT ON TABLE job_runs IS 'The last run of each periodic job';
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP TABLE job_runs;
ALTER TABLE leads DROP COLUMN enterprise_id, DROP COLUMN truck_id, DROP COLUMN machine_id, DROP COLUMN alert_id,
  DROP COLUMN passage_id;
ALTER TABLE gate_answers DROP CONSTRAINT gate_answers_alert_id_fkey;
DROP TABLE alert_measures, alerts;
DROP FUNCTION hold_alert;
"""
    )
