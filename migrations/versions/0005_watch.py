"""Tell the workers what changed: zones, registry, whitelist and calendar notify the channel `watch` at commit.

A worker judges with what it holds in memory; the notice, delivered with the commit of the change, makes it read the
named table again before its next batch. Layouts that a worker itself learned do not notify.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WATCHED = {
    "zone_versions": "INSERT OR UPDATE OR DELETE",
    "zones": "INSERT OR UPDATE OR DELETE",
    "whitelist_entries": "INSERT OR UPDATE OR DELETE",
    "calendar_days": "INSERT OR UPDATE OR DELETE",
    "trucks": "INSERT OR UPDATE OR DELETE",
    "machines": "INSERT OR UPDATE OR DELETE",
    "terminals": "INSERT OR DELETE OR UPDATE OF kind, device, answers, coordinates, accuracy_m, truck_id, machine_id, "
    "enterprise_id, state",
}


def upgrade() -> None:
    op.execute(
        """
CREATE FUNCTION notify_watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('watch', TG_TABLE_NAME);
  RETURN NULL;
END $$;
"""
    )
    for table, events in WATCHED.items():
        op.execute(
            f"CREATE TRIGGER {table}_watch AFTER {events} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION notify_watch()"
        )


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"DROP TRIGGER {table}_watch ON {table}")
    op.execute("DROP FUNCTION notify_watch")
