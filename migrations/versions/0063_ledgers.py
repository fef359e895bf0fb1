"""Gates with their devices and answers, and the ledgers A, B and C of HJ 1321-2023.

One row of ledger A is one passage of one barrier. Two tables of sums (by day, by month) follow every change of a
passage by triggers, so that a report over years reads a few rows; they count what stands, never what waits for review
or was struck out. A row is never overwritten without its older content going to `ledger_history`.
"""

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

FENCED = (
    "gates",
    "gate_devices",
    "gate_policies",
    "gate_lifts",
    "gate_answers",
    "gate_lists",
    "ledger_batches",
    "ledger_refusals",
    "ledger_passages",
    "plant_vehicles",
    "plant_machines",
    "ledger_history",
    "ledger_days",
    "ledger_months",
)


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE gates (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  entrance_no text NOT NULL CHECK (entrance_no ~ '^[0-9A-Za-z]{1,4}$'),
  barrier_no text NOT NULL CHECK (barrier_no ~ '^[0-9A-Za-z]{1,3}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  address text,
  location geometry(Point, 4326),
  person text,
  phone text,
  maintenance_firm text,
  maintenance_contact text,
  for_goods boolean NOT NULL DEFAULT true,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'closed')),
  driver_code text NOT NULL UNIQUE DEFAULT encode(sha256(gen_random_uuid()::text::bytea), 'hex'),
  last_seen_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version int NOT NULL DEFAULT 1,
  UNIQUE (enterprise_id, entrance_no, barrier_no)
);
CREATE INDEX gates_division ON gates (division, name);
COMMENT ON TABLE gates IS 'A barrier at an entrance used by goods vehicles (HJ 1321)';
COMMENT ON COLUMN gates.driver_code IS 'what the QR code at the gate holds: opens the form for drivers';

CREATE TABLE gate_devices (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gate_id int NOT NULL REFERENCES gates (id),
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  kind text NOT NULL CHECK (kind IN ('barrier', 'plate_camera', 'video', 'display', 'weighbridge')),
  number text NOT NULL CHECK (length(number) BETWEEN 1 AND 40),
  name text,
  address inet,
  live_url text,
  replay_url text,
  installed_on date,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'removed')),
  last_seen_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (gate_id, kind, number)
);

CREATE TABLE gate_policies (
  enterprise_id int PRIMARY KEY REFERENCES enterprises (id),
  when_unreachable text NOT NULL CHECK (when_unreachable IN ('deny', 'allow_and_flag', 'list')),
  list_hours int NOT NULL DEFAULT 24 CHECK (list_hours BETWEEN 1 AND 168),
  reason text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now(),
  set_by int REFERENCES users (id)
);
COMMENT ON TABLE gate_policies IS 'What the gates of an enterprise do when the platform cannot be reached; without a row: allow and flag';

CREATE TABLE gate_lists (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  made_at timestamptz NOT NULL DEFAULT now(),
  valid_until timestamptz NOT NULL CHECK (valid_until > made_at),
  entries_n int NOT NULL,
  sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  key_id text NOT NULL,
  content bytea
);
CREATE INDEX gate_lists_enterprise ON gate_lists (enterprise_id, made_at DESC);
COMMENT ON TABLE gate_lists IS 'Signed lists that gates hold for when they are cut off';

CREATE TABLE gate_answers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  asked_at timestamptz NOT NULL DEFAULT now(),
  gate_id int NOT NULL REFERENCES gates (id),
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  plate text NOT NULL,
  plate_colour text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  answer text NOT NULL CHECK (answer IN ('allow', 'deny', 'check')),
  reason_code text NOT NULL,
  reason_zh text NOT NULL,
  reason_en text NOT NULL,
  law text,
  rule_keys text[] NOT NULL DEFAULT '{}',
  measure_keys text[] NOT NULL DEFAULT '{}',
  alert_id int,
  whitelist_id int REFERENCES whitelist_entries (id),
  truck_id int REFERENCES trucks (id),
  facts jsonb NOT NULL DEFAULT '{}',
  valid_until timestamptz,
  source text NOT NULL DEFAULT 'platform' CHECK (source IN ('platform', 'list', 'policy')),
  list_id bigint REFERENCES gate_lists (id)
);
CREATE INDEX gate_answers_enterprise ON gate_answers (enterprise_id, asked_at DESC, id DESC);
CREATE INDEX gate_answers_plate ON gate_answers (plate, asked_at DESC);
CREATE INDEX gate_answers_asked ON gate_answers (asked_at DESC, id DESC);
CREATE INDEX gate_answers_denied ON gate_answers (asked_at DESC, id DESC) WHERE answer <> 'allow';
CREATE TRIGGER gate_answers_hold BEFORE UPDATE ON gate_answers FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN gate_answers.facts IS 'what was known of the truck when it was asked: stage, fuel, category, mass';
COMMENT ON COLUMN gate_answers.source IS 'platform: asked here; list, policy: what a gate that was cut off did by itself';

CREATE TABLE gate_lifts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gate_id int NOT NULL REFERENCES gates (id),
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  at timestamptz NOT NULL,
  plate text,
  plate_colour text,
  direction text CHECK (direction IN ('in', 'out')),
  person text NOT NULL CHECK (length(person) BETWEEN 1 AND 60),
  reason text NOT NULL CHECK (reason IN ('suspicious', 'unknown_stage', 'device_fault', 'power_cut', 'emergency', 'denied', 'other')),
  note text,
  answer_id bigint REFERENCES gate_answers (id),
  source_key text,
  received_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  UNIQUE (gate_id, source_key)
);
CREATE INDEX gate_lifts_enterprise ON gate_lifts (enterprise_id, at DESC, id DESC);
CREATE TRIGGER gate_lifts_hold BEFORE UPDATE ON gate_lifts FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE gate_lifts IS 'The barrier was lifted by hand: who and why (HJ 1321)';

CREATE TABLE ledger_batches (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  ledger text NOT NULL CHECK (ledger IN ('A', 'B', 'C')),
  source text NOT NULL CHECK (source IN ('gate', 'sheet', 'phone', 'hand')),
  gate_id int REFERENCES gates (id),
  state text NOT NULL DEFAULT 'taken' CHECK (state IN ('reading', 'read', 'writing', 'taken', 'refused', 'failed')),
  file_name text,
  content bytea,
  rows_n int NOT NULL DEFAULT 0,
  done_n int NOT NULL DEFAULT 0,
  taken_n int NOT NULL DEFAULT 0,
  repeated_n int NOT NULL DEFAULT 0,
  corrected_n int NOT NULL DEFAULT 0,
  refused_n int NOT NULL DEFAULT 0,
  fault_zh text,
  fault_en text,
  beat_at timestamptz NOT NULL DEFAULT now(),
  received_at timestamptz NOT NULL DEFAULT now(),
  received_by int REFERENCES users (id),
  system_key_id int REFERENCES system_keys (id)
);
CREATE INDEX ledger_batches_enterprise ON ledger_batches (enterprise_id, id DESC);

CREATE TABLE ledger_refusals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  ledger text NOT NULL CHECK (ledger IN ('A', 'B', 'C')),
  batch_id bigint NOT NULL REFERENCES ledger_batches (id),
  position int NOT NULL,
  source_key text,
  payload jsonb NOT NULL,
  payload_sha256 bytea NOT NULL CHECK (length(payload_sha256) = 32),
  faults jsonb NOT NULL,
  times int NOT NULL DEFAULT 1,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  settled_by int REFERENCES users (id),
  settled_how text CHECK (settled_how IN ('sent_again', 'entered_by_hand', 'dropped')),
  settled_note text,
  UNIQUE (enterprise_id, ledger, payload_sha256)
);
CREATE INDEX ledger_refusals_open ON ledger_refusals (enterprise_id, id DESC) WHERE settled_at IS NULL;
CREATE INDEX ledger_refusals_batch ON ledger_refusals (batch_id, position);
COMMENT ON TABLE ledger_refusals IS 'Rows of a ledger that were not taken, as they came, with every fault; nothing that came in is lost';
COMMENT ON COLUMN ledger_refusals.position IS 'place in the batch from 0, or the row of the sheet';

CREATE TABLE ledger_passages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  truck_id int REFERENCES trucks (id),
  passed_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  judged_at timestamptz,
  batch_id bigint REFERENCES ledger_batches (id),
  answer_id bigint REFERENCES gate_answers (id),
  recorded_by int REFERENCES users (id),
  version int NOT NULL DEFAULT 1,
  registered_on date,
  inspected_on date,
  max_mass_kg int CHECK (max_mass_kg BETWEEN 0 AND 200000),
  rated_load_kg int CHECK (rated_load_kg BETWEEN 0 AND 200000),
  networked boolean,
  division char(6) NOT NULL,
  entrance_no text NOT NULL,
  barrier_no text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  plate text NOT NULL,
  plate_colour text NOT NULL,
  vehicle_type text,
  vin text,
  model text,
  engine_model text,
  engine_maker text,
  engine_number text,
  fuel text NOT NULL,
  stage text NOT NULL,
  stage_basis text,
  usage text,
  cargo text,
  quantity numeric(12, 3) CHECK (quantity >= 0),
  unit text,
  tonnes numeric(12, 3) CHECK (tonnes >= 0),
  fleet text,
  owner text,
  owner_phone text,
  control_result text CHECK (control_result IN ('allow', 'deny', 'check', 'lifted')),
  photo text,
  photos jsonb,
  video text,
  source text NOT NULL CHECK (source IN ('gate', 'sheet', 'phone', 'hand')),
  source_key text,
  state text NOT NULL DEFAULT 'taken' CHECK (state IN ('taken', 'pending', 'refused', 'void')),
  doubts text[] NOT NULL DEFAULT '{}',
  content_sha256 bytea NOT NULL CHECK (length(content_sha256) = 32)
);
CREATE UNIQUE INDEX ledger_passages_source ON ledger_passages (enterprise_id, source_key) WHERE source_key IS NOT NULL;
CREATE UNIQUE INDEX ledger_passages_once ON ledger_passages
  (enterprise_id, passed_at, plate, plate_colour, direction, entrance_no, barrier_no) WHERE state IN ('taken', 'pending');
CREATE INDEX ledger_passages_own ON ledger_passages (enterprise_id, passed_at DESC, id DESC);
CREATE INDEX ledger_passages_all ON ledger_passages (passed_at DESC, id DESC);
CREATE INDEX ledger_passages_plate ON ledger_passages (plate, passed_at DESC, id DESC);
CREATE INDEX ledger_passages_truck ON ledger_passages (truck_id, passed_at) WHERE truck_id IS NOT NULL;
CREATE INDEX ledger_passages_pending ON ledger_passages (enterprise_id, id) WHERE state = 'pending';
CREATE INDEX ledger_passages_unjudged ON ledger_passages (id) WHERE judged_at IS NULL AND state = 'taken';
COMMENT ON TABLE ledger_passages IS 'Ledger A of HJ 1321: one passage of one barrier';
COMMENT ON COLUMN ledger_passages.tonnes IS 't, of quantity and unit; null where the unit says no mass';
COMMENT ON COLUMN ledger_passages.photo IS 'address of the picture of the passage, or item:<id> of the evidence store';
COMMENT ON COLUMN ledger_passages.photos IS 'vehicle_list, licence_front, licence_back likewise';
COMMENT ON COLUMN ledger_passages.judged_at IS 'when it was compared with the alerts in force when it passed; null: still to do, or to do again';
COMMENT ON COLUMN ledger_passages.content_sha256 IS 'of what the row says: a row sent again is known by it';

CREATE TABLE plant_vehicles (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  truck_id int REFERENCES trucks (id),
  version int NOT NULL DEFAULT 1,
  internal_no text NOT NULL CHECK (length(internal_no) BETWEEN 1 AND 32),
  vin text,
  built_on date,
  plate text,
  plate_colour text,
  registered_on date,
  model text,
  fuel text NOT NULL,
  stage text NOT NULL,
  stage_basis text,
  networked boolean,
  owner text,
  engine_model text,
  engine_maker text,
  engine_number text,
  photos jsonb,
  gone_on date,
  gone_how text CHECK (gone_how IN ('scrapped', 'transferred')),
  source text NOT NULL CHECK (source IN ('gate', 'sheet', 'phone', 'hand')),
  batch_id bigint REFERENCES ledger_batches (id),
  received_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  state text NOT NULL DEFAULT 'taken' CHECK (state IN ('taken', 'void')),
  doubts text[] NOT NULL DEFAULT '{}',
  content_sha256 bytea NOT NULL CHECK (length(content_sha256) = 32),
  CHECK ((gone_on IS NULL) = (gone_how IS NULL))
);
CREATE UNIQUE INDEX plant_vehicles_once ON plant_vehicles (enterprise_id, internal_no) WHERE state = 'taken';
CREATE INDEX plant_vehicles_list ON plant_vehicles (division, id DESC);
COMMENT ON TABLE plant_vehicles IS 'Ledger B of HJ 1321: vehicles that work inside a plant';

CREATE TABLE plant_machines (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  division char(6) NOT NULL,
  machine_id int REFERENCES machines (id),
  version int NOT NULL DEFAULT 1,
  registration_number text,
  built_on date,
  plate text,
  stage text NOT NULL,
  fuel text NOT NULL,
  category text,
  pin text,
  machine_code text,
  model text,
  engine_model text,
  engine_maker text,
  engine_number text,
  photos jsonb,
  owner text,
  power_kw numeric(7, 2) CHECK (power_kw >= 0),
  entered_on date,
  left_on date CHECK (left_on >= entered_on),
  source text NOT NULL CHECK (source IN ('gate', 'sheet', 'phone', 'hand')),
  batch_id bigint REFERENCES ledger_batches (id),
  received_at timestamptz NOT NULL DEFAULT now(),
  recorded_by int REFERENCES users (id),
  state text NOT NULL DEFAULT 'taken' CHECK (state IN ('taken', 'void')),
  doubts text[] NOT NULL DEFAULT '{}',
  content_sha256 bytea NOT NULL CHECK (length(content_sha256) = 32),
  CHECK (num_nonnulls(registration_number, pin, machine_code, engine_number) > 0)
);
CREATE UNIQUE INDEX plant_machines_once ON plant_machines
  (enterprise_id, coalesce(registration_number, pin, machine_code, engine_number)) WHERE state = 'taken';
CREATE INDEX plant_machines_list ON plant_machines (division, id DESC);
COMMENT ON TABLE plant_machines IS 'Ledger C of HJ 1321: machinery that works inside a plant';

CREATE TABLE ledger_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  ledger text NOT NULL CHECK (ledger IN ('A', 'B', 'C')),
  row_id bigint NOT NULL,
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  version int NOT NULL,
  by_user int REFERENCES users (id),
  by_name text NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 2 AND 500),
  before jsonb NOT NULL,
  after jsonb NOT NULL
);
CREATE INDEX ledger_history_row ON ledger_history (ledger, row_id, id);
CREATE TRIGGER ledger_history_hold BEFORE UPDATE ON ledger_history FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE ledger_history IS 'What a row of a ledger said before a correction, and why it was corrected';

CREATE TABLE ledger_days (
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  day date NOT NULL,
  direction text NOT NULL,
  passages int NOT NULL,
  tonnes numeric(16, 3) NOT NULL,
  PRIMARY KEY (enterprise_id, day, direction)
) WITH (fillfactor = 70);
CREATE INDEX ledger_days_day ON ledger_days (day);
CREATE TABLE ledger_months (
  enterprise_id int NOT NULL REFERENCES enterprises (id),
  month date NOT NULL,
  direction text NOT NULL,
  vehicle_type text NOT NULL,
  fuel text NOT NULL,
  stage text NOT NULL,
  cargo text NOT NULL,
  passages int NOT NULL,
  tonnes numeric(16, 3) NOT NULL,
  PRIMARY KEY (enterprise_id, month, direction, vehicle_type, fuel, stage, cargo)
) WITH (fillfactor = 70);
CREATE INDEX ledger_months_month ON ledger_months (month);
COMMENT ON TABLE ledger_days IS 'Passages that stand, by Beijing day; kept by triggers of ledger_passages';
COMMENT ON TABLE ledger_months IS 'The same by Beijing month, kind of vehicle and cargo ('''' where none was given)';

CREATE FUNCTION beijing_day(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT (at AT TIME ZONE 'Asia/Shanghai')::date $$;

CREATE FUNCTION sum_passages() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE  -- rows that come and go as one difference a key, in one order, against deadlocks of two batches
  rows text := CASE TG_OP WHEN 'INSERT' THEN 'SELECT 1 AS sign, * FROM come' WHEN 'DELETE' THEN 'SELECT -1 AS sign, * FROM gone'
    ELSE 'SELECT 1 AS sign, * FROM come UNION ALL SELECT -1, * FROM gone' END;
BEGIN
  EXECUTE format($sums$
    INSERT INTO ledger_days AS d
    SELECT enterprise_id, beijing_day(passed_at), direction, sum(sign), sum(sign * coalesce(tonnes, 0))
    FROM (%s) AS r WHERE state = 'taken' GROUP BY 1, 2, 3
    HAVING sum(sign) <> 0 OR sum(sign * coalesce(tonnes, 0)) <> 0 ORDER BY 1, 2, 3
    ON CONFLICT (enterprise_id, day, direction)
    DO UPDATE SET passages = d.passages + excluded.passages, tonnes = d.tonnes + excluded.tonnes $sums$, rows);
  EXECUTE format($sums$
    INSERT INTO ledger_months AS m
    SELECT enterprise_id, date_trunc('month', passed_at AT TIME ZONE 'Asia/Shanghai')::date, direction,
      coalesce(vehicle_type, ''), fuel, stage, coalesce(cargo, ''), sum(sign), sum(sign * coalesce(tonnes, 0))
    FROM (%s) AS r WHERE state = 'taken' GROUP BY 1, 2, 3, 4, 5, 6, 7
    HAVING sum(sign) <> 0 OR sum(sign * coalesce(tonnes, 0)) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (enterprise_id, month, direction, vehicle_type, fuel, stage, cargo)
    DO UPDATE SET passages = m.passages + excluded.passages, tonnes = m.tonnes + excluded.tonnes $sums$, rows);
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_passages_sum_new AFTER INSERT ON ledger_passages REFERENCING NEW TABLE AS come
  FOR EACH STATEMENT EXECUTE FUNCTION sum_passages();
CREATE TRIGGER ledger_passages_sum_changed AFTER UPDATE ON ledger_passages REFERENCING OLD TABLE AS gone NEW TABLE AS come
  FOR EACH STATEMENT EXECUTE FUNCTION sum_passages();
CREATE TRIGGER ledger_passages_sum_gone AFTER DELETE ON ledger_passages REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sum_passages();

CREATE FUNCTION registered_trucks(plates text[], colours text[])
  RETURNS TABLE (plate text, plate_colour text, truck_id int) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT t.plate, t.plate_colour, t.id FROM unnest(plates, colours) AS asked (plate, colour)
  JOIN trucks t ON t.plate = asked.plate AND t.plate_colour = asked.colour $$;
COMMENT ON FUNCTION registered_trucks IS 'numbers of trucks in the register, of any owner: a ledger row names its truck';
GRANT EXECUTE ON FUNCTION registered_trucks TO platform_fenced;
"""
    )
    for table in FENCED:
        op.execute(
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
            f"CREATE POLICY fence ON {table} TO platform_fenced USING (enterprise_id = fenced_enterprise())"
            " WITH CHECK (enterprise_id = fenced_enterprise())"
        )
    op.execute(
        "GRANT SELECT ON ledger_days, ledger_months TO platform_fenced;"
        "GRANT SELECT, INSERT ON gate_lifts, gate_answers, gate_lists, ledger_history TO platform_fenced;"
        "GRANT SELECT, INSERT, UPDATE ON gates, gate_devices, gate_policies, ledger_batches, ledger_refusals,"
        " ledger_passages, plant_vehicles, plant_machines TO platform_fenced"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION registered_trucks")
    op.execute(f"DROP TABLE {', '.join(reversed(FENCED))}")
    op.execute("DROP FUNCTION sum_passages, beijing_day")
