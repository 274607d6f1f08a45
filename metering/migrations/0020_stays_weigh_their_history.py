from django.db import migrations

# One mark a stay, as heavy as the hours that are to be cut: a run takes on no more than it can hold, however
# long the meters have hung there and however many are hung up at once.
BY_HISTORY = """
CREATE OR REPLACE FUNCTION metering_mark_installations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metering_consumptionmark (utility_id, device_ids, first_at, last_at, weight, marked_at)
    SELECT stored.utility_id, ARRAY[stored.device_id], ARRAY[stored.starts_at],
           ARRAY['infinity'::timestamptz],
           2 + CASE WHEN newest.at > stored.starts_at
               THEN floor(EXTRACT(epoch FROM newest.at - stored.starts_at) / 3600)
               ELSE 0 END::bigint,
           clock_timestamp()
    FROM stored CROSS JOIN LATERAL (
        SELECT max(measured_at) AS at FROM metering_reading WHERE device_id = stored.device_id
    ) newest ORDER BY stored.id;
    RETURN NULL;
END $$;
"""
ALIKE = """
CREATE OR REPLACE FUNCTION metering_mark_installations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metering_consumptionmark (utility_id, device_ids, first_at, last_at, weight, marked_at)
    SELECT utility_id, array_agg(device_id), array_agg(starts_at), array_agg('infinity'::timestamptz),
           100 * count(*), clock_timestamp()
    FROM stored GROUP BY utility_id;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0019_estimated_registers")]

    operations = [migrations.RunSQL(sql=BY_HISTORY, reverse_sql=ALIKE)]
