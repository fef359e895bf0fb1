"""Zones in the exchange formats of others: schema-zfe (etalab) and DATEX II v3."""
