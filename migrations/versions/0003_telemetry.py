"""Packets as they came, what could not be read, and the last state of each terminal.

A packet is one frame, kept once, in day partitions by the time it speaks of (Asia/Shanghai is ignored: days are UTC
so that a partition's bounds never move). Stream frames of GB 17691 and HJ 1239 are their own column store: the view
reads the samples out of the raw bytes by offset and stride. Frames of other shapes carry `sample_values` beside them.
The order of columns avoids padding; see docs/adr/0002-raw-packets-are-the-store.md for the bytes.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE packets (
  measured_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  digest bigint NOT NULL,
  terminal_id int NOT NULL,
  serial int NOT NULL,
  flags int NOT NULL,
  samples_n smallint NOT NULL,
  command smallint NOT NULL,
  stream_offset smallint NOT NULL,
  stream_stride smallint NOT NULL,
  time_step_s smallint NOT NULL,
  protocol text NOT NULL,
  sha256 bytea NOT NULL,
  raw bytea NOT NULL,
  sample_values double precision[],
  summary jsonb,
  PRIMARY KEY (terminal_id, measured_at, digest)
) PARTITION BY RANGE (measured_at);
COMMENT ON TABLE packets IS 'Every frame as it came, once; append-only';
COMMENT ON COLUMN packets.measured_at IS 'collect time of the first sample; else the time in the message; else receipt';
COMMENT ON COLUMN packets.digest IS 'first eight bytes of sha256, big-endian signed: the key against re-sent frames';
COMMENT ON COLUMN packets.serial IS 'sequence number in the frame; -1 where the protocol has none';
COMMENT ON COLUMN packets.stream_offset IS 'bytes from the start of raw to the first 37-byte stream body; 0: see sample_values';
COMMENT ON COLUMN packets.stream_stride IS 'bytes from one stream body to the next';
COMMENT ON COLUMN packets.time_step_s IS 'seconds between records; 0: each body is preceded by its own collect time';
COMMENT ON COLUMN packets.sample_values IS 'samples_n rows of 26 values, row after row, in the order of the view samples';

CREATE TABLE packets_other PARTITION OF packets DEFAULT;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON packets_other FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE packets_other IS 'Packets that speak of a day far from their receipt: a terminal with a wrong clock must not make a partition for each odd day';

CREATE FUNCTION ensure_packet_partitions(from_day date, to_day date) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  one date := from_day;
  made int := 0;
  part text;
BEGIN
  WHILE one <= to_day LOOP
    part := format('packets_%s', to_char(one, 'YYYYMMDD'));
    IF to_regclass(part) IS NULL THEN
      PERFORM pg_advisory_xact_lock(hashtext('packet_partitions'));
      IF to_regclass(part) IS NULL THEN
        BEGIN
          EXECUTE format('CREATE TABLE %I PARTITION OF packets FOR VALUES FROM (%L) TO (%L)', part,
                         to_char(one, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(one + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
        EXCEPTION WHEN check_violation THEN  -- packets_other holds some of that day already: it keeps the day
          one := one + 1;
          CONTINUE;
        END;
        EXECUTE format('ALTER TABLE %I ALTER COLUMN raw SET STORAGE MAIN', part);
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', part);
        made := made + 1;
      END IF;
    END IF;
    one := one + 1;
  END LOOP;
  RETURN made;
END $$;

CREATE FUNCTION be2(raw bytea, at int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT get_byte(raw, at) * 256 + get_byte(raw, at + 1) $$;
CREATE FUNCTION be4(raw bytea, at int) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT get_byte(raw, at)::bigint * 16777216 + get_byte(raw, at + 1) * 65536 + get_byte(raw, at + 2) * 256 + get_byte(raw, at + 3) $$;
CREATE FUNCTION annexq1(raw bytea, at int, factor float8, shift float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN get_byte(raw, at) <= 250 THEN get_byte(raw, at) * factor + shift END $$;
CREATE FUNCTION annexq2(raw bytea, at int, factor float8, shift float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN be2(raw, at) <= 64255 THEN be2(raw, at) * factor + shift END $$;
CREATE FUNCTION annexq4(raw bytea, at int, factor float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN be4(raw, at) <= 4211081215 THEN be4(raw, at) * factor END $$;
COMMENT ON FUNCTION annexq2 IS 'a two-byte quantity of GB 17691 table Q: null above raw FAFF';

CREATE FUNCTION annexq_time(raw bytea, at int) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN get_byte(raw, at + 1) BETWEEN 1 AND 12 AND get_byte(raw, at + 2) BETWEEN 1 AND 31
    THEN make_timestamptz(2000 + get_byte(raw, at), get_byte(raw, at + 1), get_byte(raw, at + 2),
                          get_byte(raw, at + 3), get_byte(raw, at + 4), get_byte(raw, at + 5), '+08') END $$;

CREATE VIEW sample_rows AS
SELECT p.terminal_id,
  CASE WHEN p.time_step_s = 0 THEN coalesce(annexq_time(p.raw, o.at - 6), p.measured_at)
       ELSE p.measured_at + make_interval(secs => p.time_step_s * i.n) END AS measured_at,
  p.received_at, p.digest, p.measured_at AS packet_at,
  annexq4(p.raw, o.at + 25, 1e-6) * CASE WHEN get_byte(p.raw, o.at + 24) & 4 > 0 THEN -1 ELSE 1 END AS lon,
  annexq4(p.raw, o.at + 29, 1e-6) * CASE WHEN get_byte(p.raw, o.at + 24) & 2 > 0 THEN -1 ELSE 1 END AS lat,
  get_byte(p.raw, o.at + 24) & 1 = 0 AS fix_valid,
  annexq2(p.raw, o.at, 1 / 256.0, 0) AS speed_kmh,
  NULL::float8 AS direction_deg, NULL::float8 AS altitude_m,
  annexq2(p.raw, o.at + 5, 0.125, 0) AS engine_speed_rpm,
  annexq1(p.raw, o.at + 3, 1, -125) AS torque_net_pct,
  annexq1(p.raw, o.at + 4, 1, -125) AS torque_friction_pct,
  annexq2(p.raw, o.at + 7, 0.05, 0) AS fuel_rate_lph,
  annexq2(p.raw, o.at + 9, 0.05, -200) AS nox_upstream_ppm,
  annexq2(p.raw, o.at + 11, 0.05, -200) AS nox_downstream_ppm,
  annexq1(p.raw, o.at + 13, 0.4, 0) AS reagent_level_pct,
  annexq2(p.raw, o.at + 14, 0.05, 0) AS air_flow_kgph,
  annexq2(p.raw, o.at + 16, 0.03125, -273) AS scr_inlet_c,
  annexq2(p.raw, o.at + 18, 0.03125, -273) AS scr_outlet_c,
  annexq2(p.raw, o.at + 20, 0.1, 0) AS dpf_pressure_kpa,
  annexq1(p.raw, o.at + 22, 1, -40) AS coolant_c,
  annexq1(p.raw, o.at + 23, 0.4, 0) AS fuel_level_pct,
  annexq1(p.raw, o.at + 2, 0.5, 0) AS pressure_kpa,
  annexq4(p.raw, o.at + 33, 0.1) AS odometer_km,
  NULL::float8 AS opacity_m1, NULL::float8 AS alarm, NULL::float8 AS status, NULL::float8 AS satellites
FROM packets p
CROSS JOIN LATERAL generate_series(0, p.samples_n - 1) AS i (n)
CROSS JOIN LATERAL (SELECT p.stream_offset + i.n * p.stream_stride) AS o (at)
WHERE p.stream_offset > 0
UNION ALL
SELECT p.terminal_id, coalesce(to_timestamp(p.sample_values[b.at + 1] / 1e6), p.measured_at), p.received_at, p.digest, p.measured_at,
  p.sample_values[b.at + 2], p.sample_values[b.at + 3], p.sample_values[b.at + 4] = 1, p.sample_values[b.at + 5],
  p.sample_values[b.at + 6], p.sample_values[b.at + 7], p.sample_values[b.at + 8], p.sample_values[b.at + 9],
  p.sample_values[b.at + 10], p.sample_values[b.at + 11], p.sample_values[b.at + 12], p.sample_values[b.at + 13],
  p.sample_values[b.at + 14], p.sample_values[b.at + 15], p.sample_values[b.at + 16], p.sample_values[b.at + 17],
  p.sample_values[b.at + 18], p.sample_values[b.at + 19], p.sample_values[b.at + 20], p.sample_values[b.at + 21],
  p.sample_values[b.at + 22], p.sample_values[b.at + 23], p.sample_values[b.at + 24], p.sample_values[b.at + 25],
  p.sample_values[b.at + 26]
FROM packets p
CROSS JOIN LATERAL generate_series(0, p.samples_n - 1) AS i (n)
CROSS JOIN LATERAL (SELECT i.n * 26) AS b (at)
WHERE p.stream_offset = 0;
COMMENT ON VIEW sample_rows IS 'Every sample of every packet, units in the names; a re-issued sample stands twice';

CREATE VIEW samples AS
SELECT DISTINCT ON (terminal_id, measured_at) * FROM sample_rows ORDER BY terminal_id, measured_at, received_at, digest;
COMMENT ON VIEW samples IS 'One row a terminal and collect time: the one that came first';

CREATE TABLE terminal_states (
  terminal_id int PRIMARY KEY REFERENCES terminals (id),
  measured_at timestamptz,
  received_at timestamptz,
  last_fix_us bigint NOT NULL DEFAULT 0,
  lon double precision,
  lat double precision,
  speed_kmh real,
  direction_deg real,
  nox_downstream_ppm real,
  clock_offset_s real,
  flags int NOT NULL DEFAULT 0,
  inside smallint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON TABLE terminal_states IS 'The newest of what each terminal said; derived, can be rebuilt from packets. No index but the key: every packet updates a row, and an index on a changing column would make each of them a new tuple in every index';
COMMENT ON COLUMN terminal_states.clock_offset_s IS 'seconds, receipt minus collect time of the newest live packet';
COMMENT ON COLUMN terminal_states.inside IS 'zones with an open visit: 0 none, 1 allowed, 2 forbidden';

CREATE TABLE quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received_at timestamptz NOT NULL,
  last_received_at timestamptz NOT NULL,
  times int NOT NULL DEFAULT 1,
  kind text NOT NULL,
  device text NOT NULL,
  topic text NOT NULL,
  code text NOT NULL,
  at_byte int NOT NULL DEFAULT 0,
  detail text NOT NULL,
  sha256 bytea NOT NULL,
  raw bytea NOT NULL,
  state text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'replayed', 'set_aside')),
  settled_at timestamptz,
  settled_by int,
  UNIQUE (sha256, topic)
);
CREATE INDEX quarantine_list ON quarantine (state, id DESC);
CREATE INDEX quarantine_device ON quarantine (device, id DESC);
COMMENT ON TABLE quarantine IS 'Frames that could not be taken, whole, with the cause and its place';

CREATE TABLE ingest_counts (
  minute timestamptz NOT NULL,
  slot int NOT NULL,
  received int NOT NULL,
  stored int NOT NULL,
  repeated int NOT NULL,
  held int NOT NULL,
  samples bigint NOT NULL,
  PRIMARY KEY (minute, slot)
);
CREATE TABLE alarms (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  kind text NOT NULL,
  detail jsonb NOT NULL,
  settled_at timestamptz,
  settled_by int
);
CREATE INDEX alarms_open ON alarms (id) WHERE settled_at IS NULL;
"""
    )


def downgrade() -> None:
    op.execute(
        """
DROP TABLE alarms, ingest_counts, quarantine, terminal_states;
DROP VIEW samples, sample_rows;
DROP FUNCTION annexq_time, annexq4, annexq2, annexq1, be4, be2, ensure_packet_partitions;
DROP TABLE packets;
"""
    )
