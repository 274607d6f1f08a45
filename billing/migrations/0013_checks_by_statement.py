# Written by hand: the rules stay as they are, but are asked once a statement and no longer once a row.

from django.db import migrations

# An entry whose sides come in one statement is checked in one query, however many entries come with it;
# once more at commit, by the entry's own deferred trigger, which also wants two sides.
POSTINGS_BALANCE = """
DROP TRIGGER billing_posting_sums_to_zero ON billing_posting;

CREATE FUNCTION billing_check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest record;
BEGIN
    SELECT posting.entry_id, account.currency, sum(posting.amount_minor) AS minor INTO rest
        FROM billing_posting posting JOIN billing_ledgeraccount account ON account.id = posting.account_id
        WHERE posting.entry_id IN (SELECT entry_id FROM inserted)
        GROUP BY posting.entry_id, account.currency HAVING sum(posting.amount_minor) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Journal entry % does not sum to zero: % minor units of % are left.',
            rest.entry_id, rest.minor, rest.currency USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER billing_posting_sums_to_zero AFTER INSERT ON billing_posting
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION billing_check_postings();
"""
POSTINGS_BALANCE_BY_ROW = """
DROP TRIGGER billing_posting_sums_to_zero ON billing_posting;
DROP FUNCTION billing_check_postings();
CREATE CONSTRAINT TRIGGER billing_posting_sums_to_zero AFTER INSERT ON billing_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_entry();
"""

LINES_OF_ISSUED_ARE_FINAL = """
DROP TRIGGER billing_line_final ON billing_invoiceline;

CREATE FUNCTION billing_refuse_lines_of_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM touched JOIN billing_invoice invoice ON invoice.id = touched.invoice_id
        WHERE invoice.state = 'issued'
    ) THEN
        RAISE EXCEPTION 'The lines of an issued invoice are never changed; a correction is a new document.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER billing_line_final_insert AFTER INSERT ON billing_invoiceline
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_lines_of_issued();
CREATE TRIGGER billing_line_final_delete AFTER DELETE ON billing_invoiceline
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_lines_of_issued();
-- A line that is changed is rare, and has two invoices to ask about where it moves.
CREATE TRIGGER billing_line_final_update BEFORE UPDATE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_line_of_issued();
"""
LINES_FINAL_BY_ROW = """
DROP TRIGGER billing_line_final_update ON billing_invoiceline;
DROP TRIGGER billing_line_final_delete ON billing_invoiceline;
DROP TRIGGER billing_line_final_insert ON billing_invoiceline;
DROP FUNCTION billing_refuse_lines_of_issued();
CREATE TRIGGER billing_line_final BEFORE INSERT OR UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_line_of_issued();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_refunds_name_their_payment")]

    operations = [
        migrations.RunSQL(POSTINGS_BALANCE, POSTINGS_BALANCE_BY_ROW),
        migrations.RunSQL(LINES_OF_ISSUED_ARE_FINAL, LINES_FINAL_BY_ROW),
    ]
