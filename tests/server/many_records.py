"""More rows of every noun: copies of what there is, so that lists have pages, ties and empty columns."""

from sqlalchemy import Connection, text

OWN: dict[str, dict[str, str]] = {
    "trucks": {"plate": "'辽M' || lpad(n::text, 5, '0')", "vin": "NULL"},
    "machines": {
        "registration_number": "'3-6NB' || lpad(n::text, 5, '0')",
        "registration_number_raw": "NULL",
        "pin": "NULL",
        "machine_code": "NULL",
    },
    "enterprises": {"name": "'企业' || n", "organisation_id": "NULL", "credit_code": "NULL"},
    "terminals": {"device": "'copy' || n", "truck_id": "NULL", "machine_id": "NULL"},
    "zones": {"code": "'COPY' || n", "kind": "'control'"},
    "visits": {"first_at": "x.first_at + n * interval '1 day'", "last_at": "x.last_at + n * interval '1 day'"},
    "violations": {"number": "'V20261125-77' || n", "visit_id": "(SELECT max(id) FROM visits) - n + 1"},
    "leads": {"key": "'copy' || n"},
    "quarantine": {"sha256": "sha256(n::text::bytea)"},
    "whitelist_entries": {},
    "watch_entries": {"subject_text": "'辽N66' || n", "truck_id": "NULL"},
    "instruments": {"serial": "'copy' || n"},
    "inspections": {"number": "'J20260901-88888' || n", "source_key": "NULL"},
    "captures": {"number": "'B20260901-88888' || n", "source_key": "'copy' || n"},
    "cases": {"number": "'C20260901-88888' || n"},
    "referrals": {"number": "'R20260901-88888' || n", "case_id": "(SELECT max(id) FROM cases) - n + 1"},
    "documents": {"number": "'朝环〔2026〕88' || n || '号'", "serial": "880 + n"},
    "repair_notices": {"number": "'R20260901-99999' || n", "case_id": "(SELECT max(id) FROM cases) - n + 1"},
    "stations": {"code": "'copy' || n", "organisation_id": "NULL", "licence_valid_to": "NULL"},
    "deadlines": {"case_id": "(SELECT max(id) FROM cases) - n + 1"},
    "alerts": {
        "state": "'withdrawn'",
        "withdrawn_at": "now()",
        "withdrawn_reason": "'copy'",
        "from_at": "x.from_at + n * interval '1 day'",
    },
    "sites": {"name": "'场地' || n", "zone_id": "NULL"},
    "site_stays": {"machine_text": "'copy' || n", "machine_id": "NULL"},
    "pleas": {"number": "'P20260901-88888' || n"},
    "gates": {"entrance_no": "'C' || n", "driver_code": "md5('copy' || n)"},
    "gate_devices": {"number": "'copy' || n"},
    "gate_lifts": {"source_key": "'copy' || n", "at": "x.at + n * interval '1 day'"},
    "gate_answers": {},
    "large_users": {
        "from_on": "date '2001-01-01' + n * 365",
        "to_on": "date '2001-01-01' + n * 365 + 300",
        "reason_out": "'copy'",
    },
    "ledger_batches": {},
    "ledger_passages": {"plate": "'辽N66' || n", "source_key": "NULL", "truck_id": "NULL"},
    "plant_vehicles": {"internal_no": "'copy' || n"},
    "plant_machines": {"registration_number": "'copy' || n", "machine_id": "NULL"},
    "ledger_refusals": {"payload_sha256": "sha256(n::text::bytea)"},
    "clean_transport": {"month": "date '2001-01-01' + make_interval(months => n)"},
}
"""What a copy has of its own, `n` counts the copies; the order is that of what refers to what."""
FIRST = (
    "INSERT INTO stations (code, kind, name, division, state) VALUES ('S77', 'inspection', '检验站', '211300', 'active')",
    "INSERT INTO deadlines (case_id, kind, rule_key, day_kind, days, starts_on, due_on, organisation_id)"
    " SELECT id, 'case_filing', 'x@2026-01-01', 'working', 7, '2026-09-01', '2026-09-08', organisation_id FROM cases"
    " ORDER BY id DESC LIMIT 1",
)


def multiply(connection: Connection, copies: int) -> None:
    """Copy the newest row of every table in OWN."""
    for statement in FIRST:
        connection.execute(text(statement))
    for table, own in OWN.items():
        given = _columns(connection, table) - own.keys()
        columns = [*sorted(given), *own]
        values = [f"x.{name}" for name in sorted(given)] + list(own.values())
        connection.execute(
            text(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
                f" FROM (SELECT * FROM {table} ORDER BY id DESC LIMIT 1) x, generate_series(1, {copies}) n"
            )
        )


def _columns(connection: Connection, table: str) -> set[str]:
    """Columns that a row is given with: no identity, nothing generated."""
    rows = connection.execute(
        text(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :t"
            " AND is_identity = 'NO' AND is_generated = 'NEVER'"
        ),
        {"t": table},
    )
    return set(rows.scalars())
