"""HJ 1014-2020 Annex H and HJ 1322-2023: terminals of construction machines."""
