"""A city for the bench of the tablet: trucks, machines, their inspections, and the records that watch lists rest on."""

import os

from sqlalchemy import Connection, text

TRUCKS = int(os.environ.get("BENCH_TABLET_TRUCKS", "100000"))
MACHINES = int(os.environ.get("BENCH_TABLET_MACHINES", "50000"))
INSPECTIONS = int(os.environ.get("BENCH_TABLET_INSPECTIONS", "1000000"))

DICE = "setseed(0.42)"
_DIVISIONS = "(ARRAY['211302','211303','211321','211322','211324','211381','211382'])"
# Owners: one in three is one of 4,000 companies, the others are people with names of two to three signs.
_OWNER = """CASE WHEN random() < 0.34 THEN '朝阳' || (ARRAY['宏达','鑫源','恒通','顺发','金鼎'])[1 + floor(random() * 5)::int]
  || (n * 7919 % 4000)::text || '运输有限公司' ELSE (ARRAY['王','李','张','刘','陈','杨','赵','黄','周','吴'])[1 + floor(random() * 10)::int]
  || chr(20000 + floor(300 * random() * random())::int) || chr(22000 + floor(300 * random() * random())::int) END"""
FILL = f"""
SELECT {DICE};

INSERT INTO trucks (plate, plate_colour, vin, category, fuel, stage, stage_basis, after_treatment, division, owner,
  first_registered_on)
SELECT '辽N' || CASE WHEN random() < 0.5 THEN chr(65 + floor(random() * 8)::int) ELSE floor(random() * 10)::int::text END
    || lpad(((n * 7 + floor(random() * 3)::int) % 10000)::text, 4, '0'),
  CASE WHEN random() < 0.8 THEN 'yellow' WHEN random() < 0.7 THEN 'blue' ELSE 'yellow_green' END,
  (ARRAY['LZZ5CLSB','LFWSRXSJ','LGAX4C35','LVBV4JBB','LZGJLDR4','LFNAHULX'])[1 + floor(random() * 6)::int]
    || upper(substr(md5(n::text), 1, 1)) || (ARRAY['H','J','K','L','M','N','P'])[1 + floor(random() * 7)::int]
    || (ARRAY['A','B','D'])[1 + floor(random() * 3)::int] || lpad(floor(random() * 1000000)::int::text, 6, '0'),
  (ARRAY['heavy_goods','heavy_tractor','light_goods','medium_goods','special'])[1 + floor(5 * random() * random())::int],
  CASE WHEN random() < 0.92 THEN 'diesel' ELSE 'natural_gas' END, (ARRAY['3','4','5','6a','6b'])[1 + floor(random() * 5)::int],
  (ARRAY['vehicle_list','report','date'])[1 + floor(random() * 3)::int],
  (ARRAY['scr','dpf_scr','none','doc'])[1 + floor(random() * 4)::int],
  {_DIVISIONS}[1 + floor(random() * 7)::int], {_OWNER}, date '2010-01-01' + floor(random() * 5700)::int
FROM generate_series(1, :trucks * 2) n
ON CONFLICT DO NOTHING;

DELETE FROM trucks WHERE id NOT IN (SELECT id FROM trucks ORDER BY id LIMIT :trucks);

INSERT INTO machines (registration_number, pin, maker, model, category, fuel, stage, stage_basis, power_kw, built_on,
  division, owner, device_fitted)
SELECT '3-' || (2 + n % 3) || 'N' || chr(65 + n % 5) || lpad(n::text, 5, '0'),
  'CLG' || upper(substr(md5(n::text), 1, 5)) || lpad(floor(random() * 1000000000)::bigint::text, 9, '0'),
  (ARRAY['徐工','三一','柳工','临工','卡特彼勒','小松','日立'])[1 + n % 7], 'ZL' || (30 + n % 9 * 5) || (ARRAY['','D','G','CN'])[1 + n % 4],
  (ARRAY['loader','excavator','forklift','bulldozer','roller'])[1 + floor(5 * random() * random())::int], 'diesel',
  (ARRAY['1','2','3','4'])[1 + floor(random() * 4)::int], 'nameplate', 30 + floor(random() * 30)::int * 5,
  date '2008-01-01' + floor(random() * 6400)::int, {_DIVISIONS}[1 + floor(random() * 7)::int], {_OWNER}, random() < 0.6
FROM generate_series(1, :machines) n;

ANALYZE trucks; ANALYZE machines;

INSERT INTO inspections (number, kind, source, truck_id, subject_text, organisation_id, inspected_at, division, methods,
  content, verdict, outcome, standing, law)
SELECT 'J' || lpad(n::text, 9, '0'), (ARRAY['roadside','on_site','periodic','remote_sensing'])[n % 4 + 1], 'import', t.id,
  t.plate, :organisation, timestamptz '2026-11-24' - n * interval '75 seconds' - random() * interval '60 days', t.division, ARRAY['free_acceleration'],
  '{{"officers": [], "methods": {{}}}}', '{{"judgements": []}}', CASE WHEN n % 11 = 0 THEN 'failed' ELSE 'passed' END,
  CASE WHEN n % 3 = 0 THEN 'screening' ELSE 'legal' END, 'CODE'
FROM generate_series(1, :inspections * 9 / 10) n JOIN trucks t ON t.id = 1 + (n::bigint * 7919) % :trucks;

INSERT INTO inspections (number, kind, source, machine_id, subject_text, organisation_id, inspected_at, division, methods,
  content, verdict, outcome, standing, law)
SELECT 'M' || lpad(n::text, 9, '0'), 'machine_spot', 'import', m.id, m.registration_number, :organisation,
  timestamptz '2026-11-24' - n * interval '600 seconds' - random() * interval '60 days', m.division, ARRAY['machine_smoke'],
  '{{"officers": [], "methods": {{}}}}', '{{"judgements": []}}', CASE WHEN n % 11 = 0 THEN 'failed' ELSE 'passed' END, 'legal', 'CODE'
FROM generate_series(1, :inspections / 10) n JOIN machines m ON m.id = 1 + (n::bigint * 7919) % :machines;

INSERT INTO cases (number, subject_kind, truck_id, subject_text, division, organisation_id, acted_from, acted_to,
  law, offences, facts, state, holder_id, opened_at, closed_at)
SELECT 'A' || lpad(n::text, 9, '0'), 'truck', t.id, t.plate, t.division, :organisation, a.at, a.at, 'CODE',
  ARRAY['failed_inspection'], '{{}}', CASE WHEN n % 20 = 0 THEN 'filed' ELSE 'closed' END, :organisation, a.at,
  CASE WHEN n % 20 = 0 THEN NULL ELSE a.at END
FROM generate_series(1, :trucks / 2) n JOIN trucks t ON t.id = 1 + (n::bigint * 104729) % :trucks,
  LATERAL (SELECT timestamptz '2026-11-24' - n * interval '250 seconds' AS at) a;

INSERT INTO repair_notices (number, truck_id, subject_text, division, organisation_id, failed_items, issued_on, due_on, rule_key)
SELECT 'W20261120-' || lpad(n::text, 6, '0'), t.id, t.plate, t.division, :organisation, '[]',
  date '2026-11-24' - n % 40, date '2026-11-24' - n % 40 + 20, 'x@2026-01-01'
FROM generate_series(1, :trucks / 100) n JOIN trucks t ON t.id = 1 + (n::bigint * 611953) % :trucks;

INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state, decided_at)
SELECT t.id, 'people_supply', timestamptz '2026-11-01', timestamptz '2026-11-28' + n % 90 * interval '1 day', '市局', 'active',
  timestamptz '2026-10-30'
FROM generate_series(1, :trucks / 100) n JOIN trucks t ON t.id = 1 + (n::bigint * 15485863) % :trucks;

ANALYZE inspections; ANALYZE cases; ANALYZE repair_notices; ANALYZE whitelist_entries;
"""


def fill(connection: Connection, organisation: int) -> None:
    """Fill an empty database that holds the organisations."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    given = {"organisation": organisation, "trucks": TRUCKS, "machines": MACHINES, "inspections": INSPECTIONS}
    for statement in filter(None, (one.strip() for one in FILL.split(";\n"))):
        used = {name: value for name, value in given.items() if f":{name}" in statement}
        connection.execute(text(statement), used)
