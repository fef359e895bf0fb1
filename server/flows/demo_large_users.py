"""Large truck users and performance grades of the demonstration city, through the flows of an officer."""

import datetime as dt

from sqlalchemy import Connection, text

from server.flows import keep_grades, keep_large_users
from server.flows.demo_subjects import read_data
from server.store import users
from server.store.audit import Actor

OFFICER = "officer"


def load_large_users(connection: Connection, now: dt.datetime) -> int:
    """Load them once; how many were added."""
    found = users.find_by_username(connection, OFFICER)
    if found is None or connection.execute(text("SELECT EXISTS (SELECT FROM large_users)")).scalar_one():
        return 0
    officer, first = found[0], dt.date(now.year, 1, 1).isoformat()
    actor = Actor(officer.id, officer.username, officer.organisation_id)
    rows = read_data("large_users.yaml")
    for row in rows:
        fleet = {f"fleet_{stage}": str(count) for stage, count in row["fleet"].items()}
        given = {name: str(value) for name, value in row.items() if name not in ("fleet", "grade")}
        given |= {"list_version": str(now.year), "from_on": first, **fleet}
        keep_large_users.enter(connection, actor, officer.scope, given)
        grade = {"document": "演示文号（虚构）", "from_on": first, "reason": "演示", "grade": row["grade"]}
        keep_grades.give(connection, actor, officer.scope, {**grade, **{k: row[k] for k in ("enterprise", "industry")}})
    return len(rows)
