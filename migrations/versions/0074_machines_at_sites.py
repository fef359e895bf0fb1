"""A stay at a site names its machine in the register, of whatever owner, as a ledger row names its truck."""

from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE FUNCTION machine_of_number(asked text) RETURNS int
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT min(m.id) FROM machines m WHERE asked IN (m.registration_number, m.pin, m.machine_code)
  HAVING count(*) = 1 $$;
COMMENT ON FUNCTION machine_of_number IS 'the machine of the register, of any owner, that alone bears the number';
GRANT EXECUTE ON FUNCTION machine_of_number TO platform_fenced;
CREATE INDEX visits_inside ON visits (zone_id) WHERE open AND NOT superseded;
"""
    )


def downgrade() -> None:
    op.execute("DROP INDEX visits_inside; DROP FUNCTION machine_of_number")
