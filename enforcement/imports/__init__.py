"""Rows of a CSV or Excel file on their way to records."""
