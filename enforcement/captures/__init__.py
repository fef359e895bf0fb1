"""Black-smoke captures: what a camera's record is worth, and who reviews it."""
