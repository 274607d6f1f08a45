from collections.abc import Iterator

from django.db import migrations

# Table, what an app sees of it, and the column with its key.
NOTED = (
    ("comfort_room", "room", "id"),
    ("comfort_feedback", "vote", "id"),
    ("comfort_coldticket", "cold_ticket", "id"),
    ("comfort_coldspell", "cold_ticket", "ticket_id"),
)
EVENTS = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))

TRIGGER = """
CREATE TRIGGER {table}_noted_{name} AFTER {event} ON {table} REFERENCING {side} TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION accounts_note_changes('{kind}', '{key}');
"""
# What was there before is news to every app.
BEFORE = """
INSERT INTO accounts_homechange (utility_id, household_id, kind, object_id, xid, gone)
SELECT utility_id, household_id, '{kind}', id, pg_current_xact_id()::text::bigint, false FROM {table};
"""
# An entry is append-only and names no home.
ENTRIES = """
CREATE FUNCTION comfort_note_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_homechange (utility_id, household_id, kind, object_id, xid, gone)
    SELECT DISTINCT ticket.utility_id, ticket.household_id, 'cold_ticket', ticket.id,
        pg_current_xact_id()::text::bigint, false
    FROM changed JOIN comfort_coldticket ticket ON ticket.id = changed.ticket_id ORDER BY 2, 4
    ON CONFLICT (household_id, kind, object_id) DO UPDATE SET xid = EXCLUDED.xid;
    RETURN NULL;
END
$$;
CREATE TRIGGER comfort_ticketentry_noted AFTER INSERT ON comfort_ticketentry
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION comfort_note_entries();
"""
UNDO = "DROP TRIGGER comfort_ticketentry_noted ON comfort_ticketentry; DROP FUNCTION comfort_note_entries();"


def triggers() -> Iterator[migrations.RunSQL]:
    for table, kind, key in NOTED:
        for event, side in EVENTS:
            name = event.lower()
            yield migrations.RunSQL(
                TRIGGER.format(table=table, name=name, event=event, side=side, kind=kind, key=key),
                f"DROP TRIGGER {table}_noted_{name} ON {table}",
            )
        if key == "id":
            yield migrations.RunSQL(BEFORE.format(table=table, kind=kind), migrations.RunSQL.noop)


class Migration(migrations.Migration):
    dependencies = [
        ("comfort", "0003_longer_names_of_votes"),
        ("accounts", "0009_changes_of_homes"),
    ]

    operations = [*triggers(), migrations.RunSQL(ENTRIES, UNDO)]
