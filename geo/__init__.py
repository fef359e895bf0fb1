"""Where things are: coordinates, zones, tracks. Knows shapely and numpy; no device, no law."""
