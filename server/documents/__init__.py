"""Writers of files people take away: Excel, CSV, GeoJSON."""
