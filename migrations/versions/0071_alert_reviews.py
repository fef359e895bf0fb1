"""How far the ledgers were compared with each alert, and what normal days look like beside it.

Most passages fall outside any alert: a trigger marks them as judged when they come in, so that a year's backlog does not
wait in a queue. An alert that is entered, lifted or withdrawn afterwards makes the passages of its period unjudged again;
that is done by the review job under a lock that writers of passages share, so that no passage slips between the two.
"""

from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE alert_reviews (
  alert_id int PRIMARY KEY REFERENCES alerts (id),
  version int NOT NULL,
  normal_days date[] NOT NULL DEFAULT '{}',
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE alert_reviews IS 'Which version of an alert the ledgers were last compared with';
COMMENT ON COLUMN alert_reviews.normal_days IS 'the days without any alert that its own days are compared with';
CREATE TABLE alert_normals (
  alert_id int NOT NULL REFERENCES alerts (id),
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  hour smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
  passages double precision NOT NULL,
  PRIMARY KEY (alert_id, enterprise_id, hour)
);
COMMENT ON TABLE alert_normals IS 'Mean passages in each hour (Beijing) of the normal days before an alert';
ALTER TABLE alert_reviews ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert_normals ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION in_any_alert(at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM alerts WHERE state = 'active' AND from_at <= at AND (to_at IS NULL OR to_at > at)) $$;
GRANT EXECUTE ON FUNCTION in_any_alert TO platform_fenced;
CREATE FUNCTION share_alert_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext('alert review'));
  RETURN NULL;
END $$;
CREATE FUNCTION judge_outside_alerts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.judged_at := CASE WHEN in_any_alert(NEW.passed_at) THEN NULL ELSE now() END;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_passages_alert_lock BEFORE INSERT OR UPDATE ON ledger_passages
  FOR EACH STATEMENT EXECUTE FUNCTION share_alert_review();
CREATE TRIGGER ledger_passages_judge_new BEFORE INSERT ON ledger_passages
  FOR EACH ROW WHEN (NEW.judged_at IS NULL) EXECUTE FUNCTION judge_outside_alerts();
CREATE TRIGGER ledger_passages_judge_again BEFORE UPDATE ON ledger_passages
  FOR EACH ROW WHEN (OLD.content_sha256 IS DISTINCT FROM NEW.content_sha256 OR OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION judge_outside_alerts();
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP TRIGGER ledger_passages_judge_again ON ledger_passages;
DROP TRIGGER ledger_passages_judge_new ON ledger_passages;
DROP TRIGGER ledger_passages_alert_lock ON ledger_passages;
DROP FUNCTION judge_outside_alerts, share_alert_review, in_any_alert;
DROP TABLE alert_normals, alert_reviews;
"""
    )
