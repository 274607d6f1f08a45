from django.db import migrations

# Whoever stores a register, judges it or moves its meter marks the meter, in the same transaction. Statement
# triggers: a batch of a thousand readings is one mark. Readings are deleted by pruning only, and what was cut
# out of them stays.
MARKING = """
CREATE FUNCTION metering_mark_readings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metering_consumptionmark (utility_id, device_ids, first_at, last_at, weight, marked_at)
    SELECT utility_id, array_agg(device_id), array_agg(first_at), array_agg(last_at), sum(hours), clock_timestamp()
    FROM (SELECT utility_id, device_id, min(measured_at) AS first_at, max(measured_at) AS last_at,
                 2 + floor(EXTRACT(epoch FROM max(measured_at) - min(measured_at)) / 3600)::bigint AS hours
          FROM stored WHERE energy_wh IS NOT NULL GROUP BY utility_id, device_id) AS meter
    GROUP BY utility_id;
    RETURN NULL;
END $$;

CREATE FUNCTION metering_mark_flags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metering_consumptionmark (utility_id, device_ids, first_at, last_at, weight, marked_at)
    SELECT utility_id, array_agg(device_id), array_agg(measured_at), array_agg(measured_at), 2 * count(*),
           clock_timestamp()
    FROM stored WHERE is_unusable OR carry_wh IS NOT NULL GROUP BY utility_id;
    RETURN NULL;
END $$;

-- From the day a meter was hung up, for ever: where it ends, its last register stands.
CREATE FUNCTION metering_mark_installations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metering_consumptionmark (utility_id, device_ids, first_at, last_at, weight, marked_at)
    SELECT utility_id, array_agg(device_id), array_agg(starts_at), array_agg('infinity'::timestamptz),
           100 * count(*), clock_timestamp()
    FROM stored GROUP BY utility_id;
    RETURN NULL;
END $$;

-- Another clock, or a home or building that hangs elsewhere: all their meters, from the beginning.
CREATE FUNCTION metering_mark_everything(meters bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO metering_consumptionmark (utility_id, device_ids, first_at, last_at, weight, marked_at)
    SELECT utility_id, ARRAY[id], ARRAY['-infinity'::timestamptz], ARRAY['infinity'::timestamptz], 10000,
           clock_timestamp()
    FROM metering_device WHERE id = ANY(meters) AND kind = 'heat_meter' ORDER BY id
$$;
CREATE FUNCTION metering_mark_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metering_mark_everything(ARRAY(SELECT id FROM metering_device WHERE utility_id = NEW.id));
    RETURN NULL;
END $$;
CREATE FUNCTION metering_mark_household() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metering_mark_everything(ARRAY(
        SELECT device_id FROM metering_installation WHERE household_id = NEW.id));
    RETURN NULL;
END $$;
CREATE FUNCTION metering_mark_building() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metering_mark_everything(ARRAY(
        SELECT device_id FROM metering_installation installed
        LEFT JOIN accounts_household household ON household.id = installed.household_id
        WHERE COALESCE(installed.building_id, household.building_id) = NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER metering_reading_stored AFTER INSERT ON metering_reading REFERENCING NEW TABLE AS stored
FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_readings();
CREATE TRIGGER metering_reading_changed AFTER UPDATE ON metering_reading REFERENCING NEW TABLE AS stored
FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_readings();
CREATE TRIGGER metering_readingflag_found AFTER INSERT ON metering_readingflag REFERENCING NEW TABLE AS stored
FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_flags();
CREATE TRIGGER metering_readingflag_withdrawn AFTER UPDATE ON metering_readingflag
REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_flags();
CREATE TRIGGER metering_installation_hung AFTER INSERT ON metering_installation
REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_installations();
CREATE TRIGGER metering_installation_moved_from AFTER UPDATE ON metering_installation
REFERENCING OLD TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_installations();
CREATE TRIGGER metering_installation_moved_to AFTER UPDATE ON metering_installation
REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_installations();
CREATE TRIGGER metering_installation_deleted AFTER DELETE ON metering_installation
REFERENCING OLD TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION metering_mark_installations();
CREATE TRIGGER metering_utility_clock AFTER UPDATE OF time_zone ON accounts_utility FOR EACH ROW
WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION metering_mark_clock();
CREATE TRIGGER metering_household_moved AFTER UPDATE OF building_id ON accounts_household FOR EACH ROW
WHEN (OLD.building_id IS DISTINCT FROM NEW.building_id) EXECUTE FUNCTION metering_mark_household();
CREATE TRIGGER metering_building_moved AFTER UPDATE OF substation_id ON accounts_building FOR EACH ROW
WHEN (OLD.substation_id IS DISTINCT FROM NEW.substation_id) EXECUTE FUNCTION metering_mark_building();

-- What was stored before there were marks.
SELECT metering_mark_everything(ARRAY(SELECT id FROM metering_device));
"""
UNMARKING = """
DROP TRIGGER metering_building_moved ON accounts_building;
DROP TRIGGER metering_household_moved ON accounts_household;
DROP TRIGGER metering_utility_clock ON accounts_utility;
DROP TRIGGER metering_installation_deleted ON metering_installation;
DROP TRIGGER metering_installation_moved_to ON metering_installation;
DROP TRIGGER metering_installation_moved_from ON metering_installation;
DROP TRIGGER metering_installation_hung ON metering_installation;
DROP TRIGGER metering_readingflag_withdrawn ON metering_readingflag;
DROP TRIGGER metering_readingflag_found ON metering_readingflag;
DROP TRIGGER metering_reading_changed ON metering_reading;
DROP TRIGGER metering_reading_stored ON metering_reading;
DROP FUNCTION metering_mark_building();
DROP FUNCTION metering_mark_household();
DROP FUNCTION metering_mark_clock();
DROP FUNCTION metering_mark_everything(bigint[]);
DROP FUNCTION metering_mark_installations();
DROP FUNCTION metering_mark_flags();
DROP FUNCTION metering_mark_readings();
"""
# As 0002: only where the extension is.
TO_HYPERTABLE = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('metering_meterconsumption', 'starts_at',
                                  chunk_time_interval => INTERVAL '30 days',
                                  create_default_indexes => FALSE, migrate_data => TRUE);
        ALTER TABLE metering_meterconsumption SET (timescaledb.compress,
            timescaledb.compress_segmentby = 'device_id, resolution',
            timescaledb.compress_orderby = 'starts_at DESC, installation_id');
        PERFORM add_compression_policy('metering_meterconsumption', INTERVAL '90 days');
        PERFORM add_retention_policy('metering_meterconsumption', INTERVAL '10 years');
    END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_network_and_people"), ("metering", "0008_consumption")]

    operations = [
        migrations.RunSQL(sql=TO_HYPERTABLE, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(sql=MARKING, reverse_sql=UNMARKING),
    ]
