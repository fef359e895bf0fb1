"""Performance grades of enterprises and what they promise of transport (enforcement.md 5.7, 6.2)."""
