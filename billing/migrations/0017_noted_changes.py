from django.db import migrations

# A draft is nobody's news. What is owed on a bill changes with its postings, not with the bill.
NOTE = """
CREATE FUNCTION billing_note_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO accounts_homechange (utility_id, household_id, kind, object_id, xid, gone)
        SELECT DISTINCT invoice.utility_id, invoice.household_id, ''invoice'', invoice.id,
            pg_current_xact_id()::text::bigint, false
        FROM changed JOIN billing_invoice invoice ON invoice.id = changed.%I
        WHERE invoice.state <> ''draft'' ORDER BY 2, 4
        ON CONFLICT (household_id, kind, object_id) DO UPDATE SET xid = EXCLUDED.xid',
        TG_ARGV[0]
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER billing_invoice_noted_insert AFTER INSERT ON billing_invoice
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION billing_note_changes('id');
CREATE TRIGGER billing_invoice_noted_update AFTER UPDATE ON billing_invoice
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION billing_note_changes('id');
CREATE TRIGGER billing_posting_noted AFTER INSERT ON billing_posting
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION billing_note_changes('invoice_id');
"""
UNDO = """
DROP TRIGGER billing_posting_noted ON billing_posting;
DROP TRIGGER billing_invoice_noted_update ON billing_invoice;
DROP TRIGGER billing_invoice_noted_insert ON billing_invoice;
DROP FUNCTION billing_note_changes();
"""
# What was there before is news to every app.
BEFORE = """
INSERT INTO accounts_homechange (utility_id, household_id, kind, object_id, xid, gone)
SELECT utility_id, household_id, 'invoice', id, pg_current_xact_id()::text::bigint, false
FROM billing_invoice WHERE state <> 'draft';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0016_similar_homes"),
        ("accounts", "0009_changes_of_homes"),
    ]

    operations = [migrations.RunSQL(NOTE, UNDO), migrations.RunSQL(BEFORE, migrations.RunSQL.noop)]
