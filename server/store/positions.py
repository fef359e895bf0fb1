"""Last positions of terminals for the live map, counted in cells when many are in view."""

from datetime import timedelta

from sqlalchemy import Connection, text

ONLINE = timedelta(minutes=2)  # GB 17691 terminals speak every 10 s, HJ 1239 every 30 s: two minutes is silence
LATE = timedelta(minutes=30)  # after it a terminal counts as off line
VIOLATION_SHOWN = timedelta(hours=24)
MOST_POINTS = 1500  # in view; above it cells are counted instead


def last_packet_age_s(connection: Connection) -> float | None:
    """Seconds since the newest packet was received; None when there never was one."""
    age: float | None = connection.execute(
        text("SELECT extract(epoch FROM now() - max(received_at))::float8 FROM terminal_states")
    ).scalar_one()
    return age
