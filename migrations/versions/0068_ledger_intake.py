"""What taking and keeping rows of the ledgers needs: who corrected a row, refused rows by key, what retention reads.

The sums of days and months outlive the rows: they name nobody, and reports reach back further than 24 months.
"""

from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
ALTER TABLE ledger_passages ADD corrected_at timestamptz;
ALTER TABLE plant_vehicles ADD corrected_at timestamptz;
ALTER TABLE plant_machines ADD corrected_at timestamptz;
COMMENT ON COLUMN ledger_passages.corrected_at IS 'when a person corrected it last: what its source sends later does not replace it';
COMMENT ON COLUMN ledger_passages.content_sha256 IS 'of what its source sent last: a row sent again is known by it, also after a correction by hand';
CREATE INDEX ledger_refusals_key ON ledger_refusals (enterprise_id, ledger, source_key)
  WHERE settled_at IS NULL AND source_key IS NOT NULL;
CREATE INDEX ledger_refusals_list ON ledger_refusals (last_at DESC, id DESC);
CREATE INDEX ledger_batches_list ON ledger_batches (received_at DESC, id DESC);

CREATE INDEX ledger_passages_batch ON ledger_passages (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX ledger_passages_video ON ledger_passages (passed_at) WHERE video IS NOT NULL;
CREATE INDEX verification_items_passage ON verification_items (passage_id) WHERE passage_id IS NOT NULL;
DROP TRIGGER ledger_passages_sum_gone ON ledger_passages;
CREATE TRIGGER ledger_passages_sum_gone AFTER DELETE ON ledger_passages REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT WHEN (current_setting('app.retention', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION sum_passages();

CREATE FUNCTION registered_machines(numbers text[], pins text[], codes text[])
  RETURNS TABLE (place bigint, machine_id int) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT asked.place, coalesce(
    (SELECT m.id FROM machines m WHERE m.registration_number = asked.number),
    (SELECT m.id FROM machines m WHERE m.pin = asked.pin),
    (SELECT m.id FROM machines m WHERE m.machine_code = asked.code))
  FROM unnest(numbers, pins, codes) WITH ORDINALITY AS asked (number, pin, code, place) $$;
COMMENT ON FUNCTION registered_machines IS 'ids of machines in the register, of any owner, in the order asked: a ledger row names its machine';
REVOKE ALL ON FUNCTION registered_machines FROM public;
GRANT EXECUTE ON FUNCTION registered_machines TO platform_fenced;
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP FUNCTION registered_machines;
DROP TRIGGER ledger_passages_sum_gone ON ledger_passages;
CREATE TRIGGER ledger_passages_sum_gone AFTER DELETE ON ledger_passages REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sum_passages();
DROP INDEX verification_items_passage, ledger_passages_video, ledger_passages_batch;
DROP INDEX ledger_batches_list, ledger_refusals_list, ledger_refusals_key;
ALTER TABLE plant_machines DROP corrected_at;
ALTER TABLE plant_vehicles DROP corrected_at;
ALTER TABLE ledger_passages DROP corrected_at;
"""
    )
