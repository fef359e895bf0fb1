"""Presence in a zone: fixes and zone hits in, visits out."""
