from django.db import migrations

# Readings prove bills, so they stay as long as the longest limitation period; the rest is for steering.
TABLES = {
    "metering_reading": ("device_id", "10 years"),
    "metering_roomtemperature": ("device_id", "3 years"),
    "metering_telemetryvalue": ("device_id, tag_id", "2 years"),
}

# The same migration runs on plain PostgreSQL, where the tables stay ordinary ones.
TO_HYPERTABLE = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('{table}', 'measured_at', chunk_time_interval => INTERVAL '7 days',
                                  create_default_indexes => FALSE, migrate_data => TRUE);
        ALTER TABLE {table} SET (timescaledb.compress, timescaledb.compress_segmentby = '{segment}',
                                 timescaledb.compress_orderby = 'measured_at DESC');
        PERFORM add_compression_policy('{table}', INTERVAL '30 days');
        PERFORM add_retention_policy('{table}', INTERVAL '{kept}');
    END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0001_devices_and_readings")]

    operations = [
        migrations.RunSQL(
            sql=TO_HYPERTABLE.format(table=table, segment=segment, kept=kept),
            reverse_sql=migrations.RunSQL.noop,
        )
        for table, (segment, kept) in TABLES.items()
    ]
