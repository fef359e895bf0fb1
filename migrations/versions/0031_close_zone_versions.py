"""Let the end of a zone version be set.

Before an update a generated column of the new row is still empty, so the guard of 0004 saw every closing as a change
of the area. The area follows from the geometry, which the guard compares; it is left out.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

GUARD = """
CREATE OR REPLACE FUNCTION hold_zone_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - {left_out} IS DISTINCT FROM to_jsonb(OLD) - {left_out}
     OR OLD.valid_to IS NOT NULL AND NEW.valid_to IS NULL THEN
    RAISE EXCEPTION 'a zone version is never changed: publish a new one' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""


def upgrade() -> None:
    op.execute(GUARD.format(left_out="ARRAY['valid_to', 'area_m2']"))


def downgrade() -> None:
    op.execute(GUARD.format(left_out="'valid_to'"))
