"""What a terminal said: bytes to messages to columns. No database, no law."""
