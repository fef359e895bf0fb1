"""Ledgers A, B and C of HJ 1321-2023: fields, codes, faults of rows, and what follows from them."""
