"""What happens: the edges and the wiring (Flask, PostGIS, the broker, the command line)."""
