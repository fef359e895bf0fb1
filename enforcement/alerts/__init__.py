"""Heavy-pollution alerts: levels, measures in force, and what a gate answers (enforcement.md 5.6, 6; CODE 263, 264)."""
