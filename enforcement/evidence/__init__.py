"""Evidence: hashes, lists and names of what was kept."""
