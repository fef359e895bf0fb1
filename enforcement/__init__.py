"""What the rules say: by the date of the act, with numbers that live in the rule book."""
