"""What the registers of trucks and machines share, and how a register finds the enterprise that a row names."""

LAST_TERMINAL = """
LEFT JOIN LATERAL (
  SELECT k.id AS terminal_id, k.kind AS terminal_kind, k.device AS terminal_device,
    s.received_at AS seen_at, s.lon, s.lat
  FROM terminals k LEFT JOIN terminal_states s ON s.terminal_id = k.id
  WHERE k.{column} = t.id AND k.state <> 'removed' ORDER BY s.received_at DESC NULLS LAST, k.id LIMIT 1) k ON true"""

OWNED = {
    "category": "t.category = :category",
    "fuel": "t.fuel = :fuel",
    "stage": "t.stage = :stage",
    "division": "t.division = :division",
    "owner": "t.owner ILIKE :owner OR e.name ILIKE :owner",
    "enterprise_id": "t.enterprise_id::text = :enterprise_id",
    "state": "t.state = :state",
}
HAS_TERMINAL = "(:terminal = 'yes') = EXISTS (SELECT FROM terminals x WHERE x.{column} = t.id AND x.state <> 'removed')"


def filters(column: str) -> dict[str, str]:
    """The filters of a register whose rows terminals name in this column."""
    return {**OWNED, "terminal": HAS_TERMINAL.format(column=column)}


MATCH_ENTERPRISE = (
    "UPDATE incoming i SET enterprise_id = e.id FROM enterprises e WHERE e.credit_code = i.enterprise",
    "UPDATE incoming i SET enterprise_id = e.id FROM enterprises e"
    " WHERE i.enterprise_id IS NULL AND e.name = i.enterprise",
)
"""Statements that give incoming rows the enterprise they name, by its credit code or else its name."""
