# Written by hand: a refund that is first heard of when it has failed counts against nothing.

from django.db import migrations

FAILED_GIVE_NOTHING = """
CREATE OR REPLACE FUNCTION billing_check_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ranks CONSTANT jsonb := '{"requested": 0, "approved": 1, "pending": 2, "succeeded": 3, "failed": 4, "rejected": 4}';
    captured bigint;
    given bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.state <> OLD.state AND (ranks->>NEW.state)::int <= (ranks->>OLD.state)::int THEN
            RAISE EXCEPTION 'A refund that is % never becomes %.', OLD.state, NEW.state
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF (NEW.id, NEW.utility_id, NEW.contract_id, NEW.attempt_id, NEW.amount_minor, NEW.currency,
            NEW.needs_second_person, NEW.requested_by_id, NEW.requested_at)
            IS DISTINCT FROM
           (OLD.id, OLD.utility_id, OLD.contract_id, OLD.attempt_id, OLD.amount_minor, OLD.currency,
            OLD.needs_second_person, OLD.requested_by_id, OLD.requested_at)
        THEN
            RAISE EXCEPTION 'What a refund gives back is never changed; another amount is another refund.'
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.state = OLD.state OR NEW.state NOT IN ('pending', 'succeeded') THEN
            RETURN NEW;
        END IF;
    END IF;
    -- One that has failed at the provider before we heard of it gives nothing back.
    IF NEW.attempt_id IS NULL OR NEW.state IN ('failed', 'rejected') THEN
        RETURN NEW;
    END IF;
    -- The payment's row lock makes refunds of one payment wait for each other, so that none overlooks another.
    SELECT amount_minor INTO captured FROM billing_paymentattempt
        WHERE id = NEW.attempt_id AND state = 'paid' AND currency = NEW.currency FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Only a paid payment can be given back, in its own currency.' USING ERRCODE = 'check_violation';
    END IF;
    -- What only we have asked for so far counts against what we ask for, not against what the provider has
    -- done: a refund made there is a fact, and ours is then refused there.
    SELECT coalesce(sum(amount_minor), 0) INTO given FROM billing_refund
        WHERE attempt_id = NEW.attempt_id AND id <> NEW.id AND (
            state IN ('pending', 'succeeded')
            OR (TG_OP = 'INSERT' AND NEW.reason <> 'external' AND state IN ('requested', 'approved'))
        );
    IF given + NEW.amount_minor > captured THEN
        RAISE EXCEPTION 'Refunds of % would exceed the % captured.', given + NEW.amount_minor, captured
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
ALL_COUNT = """
CREATE OR REPLACE FUNCTION billing_check_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ranks CONSTANT jsonb := '{"requested": 0, "approved": 1, "pending": 2, "succeeded": 3, "failed": 4, "rejected": 4}';
    captured bigint;
    given bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.state <> OLD.state AND (ranks->>NEW.state)::int <= (ranks->>OLD.state)::int THEN
            RAISE EXCEPTION 'A refund that is % never becomes %.', OLD.state, NEW.state
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF (NEW.id, NEW.utility_id, NEW.contract_id, NEW.attempt_id, NEW.amount_minor, NEW.currency,
            NEW.needs_second_person, NEW.requested_by_id, NEW.requested_at)
            IS DISTINCT FROM
           (OLD.id, OLD.utility_id, OLD.contract_id, OLD.attempt_id, OLD.amount_minor, OLD.currency,
            OLD.needs_second_person, OLD.requested_by_id, OLD.requested_at)
        THEN
            RAISE EXCEPTION 'What a refund gives back is never changed; another amount is another refund.'
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.state = OLD.state OR NEW.state NOT IN ('pending', 'succeeded') THEN
            RETURN NEW;
        END IF;
    END IF;
    IF NEW.attempt_id IS NULL THEN
        RETURN NEW;
    END IF;
    -- The payment's row lock makes refunds of one payment wait for each other, so that none overlooks another.
    SELECT amount_minor INTO captured FROM billing_paymentattempt
        WHERE id = NEW.attempt_id AND state = 'paid' AND currency = NEW.currency FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Only a paid payment can be given back, in its own currency.' USING ERRCODE = 'check_violation';
    END IF;
    -- What only we have asked for so far counts against what we ask for, not against what the provider has
    -- done: a refund made there is a fact, and ours is then refused there.
    SELECT coalesce(sum(amount_minor), 0) INTO given FROM billing_refund
        WHERE attempt_id = NEW.attempt_id AND id <> NEW.id AND (
            state IN ('pending', 'succeeded')
            OR (TG_OP = 'INSERT' AND NEW.reason <> 'external' AND state IN ('requested', 'approved'))
        );
    IF given + NEW.amount_minor > captured THEN
        RAISE EXCEPTION 'Refunds of % would exceed the % captured.', given + NEW.amount_minor, captured
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_facts_of_homes_and_dated_taxes")]

    operations = [migrations.RunSQL(FAILED_GIVE_NOTHING, ALL_COUNT)]
