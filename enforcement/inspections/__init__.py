"""Inspections at the place: the record, its instruments, its standing, and what it amounts to."""
