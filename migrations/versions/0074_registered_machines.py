"""A stay at a site names its machine in the register, of whatever owner, as a ledger row names its truck."""

from alembic import op

revision = "0074"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE FUNCTION registered_machines(numbers text[]) RETURNS TABLE (number text, machine_id int)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT asked.number, min(m.id) FROM unnest(numbers) AS asked (number)
  JOIN machines m ON asked.number IN (m.registration_number, m.pin, m.machine_code)
  GROUP BY asked.number HAVING count(DISTINCT m.id) = 1 $$;
COMMENT ON FUNCTION registered_machines IS 'numbers of machines in the register, of any owner, where one machine alone bears the number';
GRANT EXECUTE ON FUNCTION registered_machines TO platform_fenced;
CREATE INDEX visits_inside ON visits (zone_id) WHERE open AND NOT superseded;
"""
    )


def downgrade() -> None:
    op.execute("DROP INDEX visits_inside; DROP FUNCTION registered_machines")
