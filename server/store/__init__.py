"""One file a noun: its table and every statement on it."""
