"""Tablets: devices and their keys, files on their way in, how checks came in, reserved numbers, the off-line register.

What the field works by stands here too: the watch list and the assignments of a day.
"""

from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE tablets (
  id uuid PRIMARY KEY,
  user_id int NOT NULL REFERENCES users (id),
  organisation_id int NOT NULL REFERENCES organisations (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  vault_key bytea NOT NULL CHECK (length(vault_key) = 32),
  app_version text,
  enrolled_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  clock_offset_ms bigint,
  unsent int,
  revoked_at timestamptz,
  revoked_by int REFERENCES users (id),
  revoked_reason text,
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX tablets_user ON tablets (user_id);
CREATE INDEX tablets_organisation ON tablets (organisation_id, last_seen_at DESC);
COMMENT ON TABLE tablets IS 'A device and an account that was signed in on it; the id is made by the device';
COMMENT ON COLUMN tablets.vault_key IS
  'opens what the device holds encrypted; given back to its account alone, so that a forgotten PIN loses no check';
COMMENT ON COLUMN tablets.clock_offset_ms IS 'our clock minus that of the device at the last contact, ms';
COMMENT ON COLUMN tablets.unsent IS 'checks that the device said it still held at the last contact';

CREATE TABLE tablet_files (
  user_id int NOT NULL REFERENCES users (id),
  sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  bytes bigint NOT NULL CHECK (bytes > 0),
  received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND bytes),
  begun_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, sha256)
);
CREATE INDEX tablet_files_changed ON tablet_files (changed_at);
COMMENT ON TABLE tablet_files IS 'Photos that come in pieces, until the check they belong to is recorded';

CREATE TABLE tablet_checks (
  key uuid PRIMARY KEY,
  inspection_id bigint NOT NULL REFERENCES inspections (id),
  version int NOT NULL,
  tablet_id uuid NOT NULL REFERENCES tablets (id),
  body_sha256 bytea NOT NULL CHECK (length(body_sha256) = 32),
  device_at timestamptz NOT NULL,
  begun_at timestamptz,
  ended_at timestamptz,
  sent_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  offset_at_check_ms bigint,
  offset_at_send_ms bigint NOT NULL,
  offset_used_ms bigint NOT NULL,
  accuracy_m real,
  device_verdict jsonb,
  UNIQUE (inspection_id, version)
);
CREATE INDEX tablet_checks_tablet ON tablet_checks (tablet_id, received_at DESC);
CREATE TRIGGER tablet_checks_append_only BEFORE UPDATE OR DELETE ON tablet_checks
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE tablet_checks IS 'How a version of an inspection came in from a tablet; the key is made by the device (UUIDv7)';
COMMENT ON COLUMN tablet_checks.device_at IS 'when, by the clock of the device';
COMMENT ON COLUMN tablet_checks.offset_at_check_ms IS 'our clock minus the device''s as it last knew it at the check, ms';
COMMENT ON COLUMN tablet_checks.offset_at_send_ms IS 'the same, measured when it was sent';
COMMENT ON COLUMN tablet_checks.offset_used_ms IS 'what was added to device_at for the time of the inspection';
COMMENT ON COLUMN tablet_checks.device_verdict IS 'what the tablet showed at the place; the verdict of the server counts';

CREATE TABLE reserved_numbers (
  number text PRIMARY KEY,
  series text NOT NULL CHECK (series IN ('repair_notice')),
  tablet_id uuid NOT NULL REFERENCES tablets (id),
  state text NOT NULL DEFAULT 'reserved' CHECK (state IN ('reserved', 'used', 'void')),
  used_by bigint,
  reason text,
  reserved_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  CHECK ((state = 'used') = (used_by IS NOT NULL)),
  CHECK ((state = 'void') = (reason IS NOT NULL)),
  CHECK ((state = 'reserved') = (settled_at IS NULL))
);
CREATE INDEX reserved_numbers_tablet ON reserved_numbers (tablet_id, series, state, number);
COMMENT ON TABLE reserved_numbers IS 'Numbers of notices given to a tablet ahead of use; one that is never used is void, with why';
COMMENT ON COLUMN reserved_numbers.used_by IS 'id of the repair notice';

CREATE SEQUENCE tablet_register_revisions;
CREATE TABLE tablet_register (
  kind text NOT NULL CHECK (kind IN ('truck', 'machine')),
  subject_id int NOT NULL,
  division char(6),
  revision bigint NOT NULL,
  gone boolean NOT NULL DEFAULT false,
  facts jsonb NOT NULL,
  PRIMARY KEY (kind, subject_id)
);
CREATE INDEX tablet_register_revision ON tablet_register (revision);
CREATE TABLE tablet_register_refreshes (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  at timestamptz NOT NULL
);
COMMENT ON TABLE tablet_register IS 'What tablets hold of every truck and machine, as it was last sent out; changed rows carry a new revision';
COMMENT ON COLUMN tablet_register.gone IS 'no longer in the register; kept so that a delta says so';

CREATE TABLE watch_entries (
  id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  version int NOT NULL DEFAULT 1,
  truck_id int REFERENCES trucks (id),
  machine_id int REFERENCES machines (id),
  subject_text text NOT NULL,
  plate_colour text,
  reason text NOT NULL,
  note text NOT NULL DEFAULT '',
  division char(6) NOT NULL,
  organisation_id int NOT NULL REFERENCES organisations (id),
  from_on date NOT NULL,
  until_on date CHECK (until_on >= from_on),
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'withdrawn')),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by int REFERENCES users (id),
  withdrawn_at timestamptz,
  withdrawn_by int REFERENCES users (id),
  withdrawn_reason text,
  CHECK (num_nonnulls(truck_id, machine_id) <= 1),
  CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL AND withdrawn_reason IS NOT NULL))
);
CREATE INDEX watch_entries_truck ON watch_entries (truck_id) WHERE truck_id IS NOT NULL;
CREATE INDEX watch_entries_machine ON watch_entries (machine_id) WHERE machine_id IS NOT NULL;
CREATE INDEX watch_entries_list ON watch_entries (division, created_at DESC, id DESC);
CREATE INDEX watch_entries_subject ON watch_entries USING gin (subject_text gin_trgm_ops);
COMMENT ON TABLE watch_entries IS 'Trucks and machines to look out for, put there by an officer with a reason; others follow from records (overdue repairs, open cases)';
COMMENT ON COLUMN watch_entries.until_on IS 'the last Beijing day; empty: until it is withdrawn';

CREATE TABLE assignments (
  id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  version int NOT NULL DEFAULT 1,
  day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('roadside', 'on_site', 'machine_spot')),
  title text NOT NULL,
  place text NOT NULL DEFAULT '',
  lon double precision CHECK (lon BETWEEN -180 AND 180),
  lat double precision CHECK (lat BETWEEN -90 AND 90),
  enterprise_id int REFERENCES enterprises (id),
  note text NOT NULL DEFAULT '',
  wanted int CHECK (wanted > 0),
  division char(6) NOT NULL,
  organisation_id int NOT NULL REFERENCES organisations (id),
  state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'done', 'cancelled')),
  closed_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by int REFERENCES users (id),
  CHECK ((lon IS NULL) = (lat IS NULL)),
  CHECK (state <> 'cancelled' OR closed_reason IS NOT NULL)
);
CREATE INDEX assignments_day ON assignments (day DESC, id DESC);
CREATE INDEX assignments_organisation ON assignments (organisation_id, day DESC, id DESC);
COMMENT ON TABLE assignments IS 'What a team is to do on a Beijing day: a site, a number of checks, or named trucks and machines';
COMMENT ON COLUMN assignments.wanted IS 'how many checks are wanted';
CREATE TABLE assignment_people (
  assignment_id int NOT NULL REFERENCES assignments (id),
  user_id int NOT NULL REFERENCES users (id),
  PRIMARY KEY (assignment_id, user_id)
);
CREATE INDEX assignment_people_user ON assignment_people (user_id, assignment_id);
CREATE TABLE assignment_subjects (
  id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  assignment_id int NOT NULL REFERENCES assignments (id),
  truck_id int REFERENCES trucks (id),
  machine_id int REFERENCES machines (id),
  subject_text text NOT NULL,
  plate_colour text,
  why text NOT NULL DEFAULT '',
  CHECK (num_nonnulls(truck_id, machine_id) <= 1)
);
CREATE INDEX assignment_subjects_of ON assignment_subjects (assignment_id, id);

ALTER TABLE inspections ADD COLUMN assignment_id int REFERENCES assignments (id);
CREATE INDEX inspections_assignment ON inspections (assignment_id, inspected_at DESC) WHERE assignment_id IS NOT NULL;
COMMENT ON COLUMN inspections.assignment_id IS 'the assignment it was made for';
"""
    )


def downgrade() -> None:
    op.execute(
        """
ALTER TABLE inspections DROP COLUMN assignment_id;
DROP TABLE assignment_subjects, assignment_people, assignments, watch_entries, tablet_register_refreshes,
  tablet_register, reserved_numbers, tablet_checks, tablet_files, tablets;
DROP SEQUENCE tablet_register_revisions;
"""
    )
