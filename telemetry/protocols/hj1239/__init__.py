"""HJ 1239.3-2021: terminals and enterprise platforms of heavy trucks."""
