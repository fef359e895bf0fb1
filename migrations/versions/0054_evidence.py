"""Evidence: files by what they contain, what each belongs to, and who looked.

The bytes lie in a write-once store named by their SHA-256; the database holds both hashes. A file kept twice is one
file with two items. Nothing here is changed or deleted; an item is set aside by a row that says why.
"""

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE evidence_files (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sha256 bytea NOT NULL UNIQUE CHECK (length(sha256) = 32),
  sm3 bytea NOT NULL CHECK (length(sm3) = 32),
  bytes bigint NOT NULL CHECK (bytes > 0),
  media_type text NOT NULL,
  width_px int,
  height_px int,
  duration_s real,
  kept_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE evidence_files IS 'Files in the evidence store (EVIDENCE_DIR), by SHA-256; write-once';

CREATE TABLE evidence_items (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file_id bigint NOT NULL REFERENCES evidence_files (id),
  owner_kind text NOT NULL CHECK (owner_kind IN ('inspection', 'capture', 'case', 'referral', 'repair', 'document',
                                                 'device_review', 'objection')),
  owner_id bigint NOT NULL,
  purpose text NOT NULL,
  name text NOT NULL,
  taken_at timestamptz,
  lon double precision,
  lat double precision,
  claimed_sha256 bytea CHECK (length(claimed_sha256) = 32),
  division char(6),
  enterprise_id int REFERENCES enterprises (id),
  organisation_id int REFERENCES organisations (id),
  added_at timestamptz NOT NULL DEFAULT now(),
  added_by int REFERENCES users (id),
  UNIQUE (owner_kind, owner_id, file_id, purpose)
);
CREATE INDEX evidence_items_owner ON evidence_items (owner_kind, owner_id, id);
CREATE INDEX evidence_items_file ON evidence_items (file_id);
COMMENT ON COLUMN evidence_items.claimed_sha256 IS 'what the device said the hash was, before it was sent';
COMMENT ON COLUMN evidence_items.taken_at IS 'when, as the device or the picture says; lon and lat likewise, WGS-84';
COMMENT ON COLUMN evidence_items.organisation_id IS 'who brought it: a station or partner sees what it brought';

CREATE TABLE evidence_set_aside (
  item_id bigint PRIMARY KEY REFERENCES evidence_items (id),
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  by_user int NOT NULL REFERENCES users (id)
);
COMMENT ON TABLE evidence_set_aside IS 'Items that no longer count, with why; the bytes stay';

CREATE TABLE evidence_reads (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item_id bigint NOT NULL REFERENCES evidence_items (id),
  at timestamptz NOT NULL DEFAULT now(),
  user_id int,
  username text NOT NULL,
  address text,
  how text NOT NULL CHECK (how IN ('view', 'thumbnail', 'download', 'share', 'bundle'))
);
CREATE INDEX evidence_reads_item ON evidence_reads (item_id, id);
COMMENT ON TABLE evidence_reads IS 'Every look at and copy of an evidence item';

CREATE TRIGGER evidence_files_append_only BEFORE UPDATE OR DELETE ON evidence_files FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_items_append_only BEFORE UPDATE OR DELETE ON evidence_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_set_aside_append_only BEFORE UPDATE OR DELETE ON evidence_set_aside FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_reads_append_only BEFORE UPDATE OR DELETE ON evidence_reads FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION evidence_owner_visible(of_kind text, of_id bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN  -- runs as who asks: the row policies of the owner's table decide
  RETURN CASE of_kind
    WHEN 'inspection' THEN EXISTS (SELECT FROM inspections WHERE id = of_id)
    WHEN 'capture' THEN EXISTS (SELECT FROM captures WHERE id = of_id)
    WHEN 'case' THEN EXISTS (SELECT FROM cases WHERE id = of_id)
    WHEN 'objection' THEN EXISTS (SELECT FROM cases WHERE id = of_id)
    WHEN 'referral' THEN EXISTS (SELECT FROM referrals WHERE id = of_id)
    WHEN 'document' THEN EXISTS (SELECT FROM documents WHERE id = of_id)
    WHEN 'repair' THEN EXISTS (SELECT FROM repairs WHERE id = of_id)
    ELSE false END;
END $$;
COMMENT ON FUNCTION evidence_owner_visible IS 'whether a fenced account sees what evidence belongs to; an objection belongs to its case';

ALTER TABLE evidence_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON evidence_items FOR SELECT TO platform_fenced
  USING (organisation_id = fenced_organisation() OR evidence_owner_visible(owner_kind, owner_id));
CREATE POLICY fence_insert ON evidence_items FOR INSERT TO platform_fenced
  WITH CHECK (organisation_id = fenced_organisation() AND evidence_owner_visible(owner_kind, owner_id));
ALTER TABLE evidence_reads ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON evidence_reads FOR INSERT TO platform_fenced WITH CHECK (item_id IN (SELECT id FROM evidence_items));
ALTER TABLE evidence_set_aside ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON evidence_set_aside FOR SELECT TO platform_fenced USING (item_id IN (SELECT id FROM evidence_items));
GRANT SELECT, INSERT ON evidence_items, evidence_files TO platform_fenced;
GRANT INSERT ON evidence_reads TO platform_fenced;
GRANT SELECT ON evidence_set_aside TO platform_fenced;
"""
    )


def downgrade() -> None:
    op.execute(
        "DROP TABLE evidence_reads, evidence_set_aside, evidence_items, evidence_files;"
        " DROP FUNCTION evidence_owner_visible"
    )
