"""The statements that cut registers into hours, days and months, and add them up by place.

One run works in temporary tables of its connection, emptied at its commit: `cut_region` says which hours of
which meters are to be cut, `cut_changed` holds what comes to something else than what is stored. That is
written, and its difference is added to the sums of the places; what is the same is not touched.

A planner that knows nothing of tables filled a moment ago reads all consumption there is instead of a few
hours of it. So the region is analysed, and what is read of the big tables is read meter by meter, along
their keys: behind `OFFSET 0`, which keeps a subquery from being joined in any other way.
"""

from __future__ import annotations

from typing import Final

from metering.queries.registers import QUALITY

# A reading that was estimated makes an estimate of whatever is cut at it, however close the next one is.
ESTIMATED_GAP_S: Final = 2_000_000_000
# Sorting a slice needs more than the 4 MB of a web request; compiling takes longer than what it speeds up.
SETTINGS: Final = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
TABLES: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS cut_region (
    device_id bigint, lo timestamptz, hi timestamptz, from_at timestamptz, to_at timestamptz
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS cut_changed (
    resolution text, device_id bigint, installation_id bigint, starts_at timestamptz, ends_at timestamptz,
    energy_wh bigint, quality text, start_gap_s int, end_gap_s int,
    household_id bigint, building_id bigint, substation_id bigint,
    old_ends_at timestamptz, old_energy_wh bigint, old_quality text,
    old_household_id bigint, old_building_id bigint, old_substation_id bigint
) ON COMMIT DELETE ROWS;
TRUNCATE cut_region, cut_changed
"""
# As queries.registers says it: what nobody may cut at.
USABLE: Final = """reading.energy_wh IS NOT NULL AND NOT EXISTS (
        SELECT FROM metering_readingflag flag WHERE flag.device_id = reading.device_id
        AND flag.measured_at = reading.measured_at AND flag.is_unusable AND flag.withdrawn_at IS NULL)"""
# The line of a register changes only between the readings next to a new one. The hours these lie in are cut;
# to know the register at their outer ends, the readings beyond those are needed too. Before `kept_from`
# readings may have been pruned: what was cut out of them stays as it is.
REGIONS: Final = f"""
WITH asked AS (
    SELECT meter.device_id, range_agg(tstzrange(meter.first_at, meter.last_at, '[]')) AS spans
    FROM metering_consumptionmark mark,
         unnest(mark.device_ids, mark.first_at, mark.last_at) AS meter(device_id, first_at, last_at)
    WHERE mark.id = ANY(%(marks)s) GROUP BY meter.device_id
), widened AS (
    SELECT asked.device_id,
           GREATEST(COALESCE(before.at, lower(span)), outermost.first_at, %(kept_from)s::timestamptz) AS lo,
           LEAST(COALESCE(after.at, 'infinity'), outermost.last_at) AS hi
    FROM asked CROSS JOIN LATERAL unnest(asked.spans) AS span
    LEFT JOIN LATERAL (
        SELECT measured_at AS at FROM metering_reading reading
        WHERE reading.device_id = asked.device_id AND measured_at < lower(span) AND {USABLE}
        ORDER BY measured_at DESC LIMIT 1) before ON TRUE
    LEFT JOIN LATERAL (
        SELECT measured_at AS at FROM metering_reading reading
        WHERE reading.device_id = asked.device_id AND measured_at > upper(span) AND {USABLE}
        ORDER BY measured_at LIMIT 1) after ON TRUE
    CROSS JOIN LATERAL (
        SELECT LEAST((SELECT min(measured_at) FROM metering_reading WHERE device_id = asked.device_id),
                     (SELECT min(starts_at) FROM metering_meterconsumption
                      WHERE device_id = asked.device_id AND resolution = 'hour')) AS first_at,
               GREATEST((SELECT max(measured_at) FROM metering_reading WHERE device_id = asked.device_id),
                        (SELECT max(starts_at) + interval '1 hour' FROM metering_meterconsumption
                         WHERE device_id = asked.device_id AND resolution = 'hour'),
                        (SELECT max(ends_at) FROM metering_installation WHERE device_id = asked.device_id),
                        (SELECT max(estimated_at) FROM metering_registerestimate
                         WHERE device_id = asked.device_id AND withdrawn_at IS NULL)
               ) AS last_at
    ) outermost
    WHERE outermost.first_at IS NOT NULL
), hours AS (
    SELECT device_id, range_agg(tstzrange(
        date_trunc('hour', lo, %(zone)s),
        date_trunc('hour', hi - interval '1 microsecond', %(zone)s) + interval '1 hour')) AS spans
    FROM widened WHERE lo <= hi GROUP BY device_id
)
INSERT INTO cut_region
SELECT hours.device_id, lower(span), upper(span),
       COALESCE(before.at, lower(span)), COALESCE(after.at, upper(span))
FROM hours CROSS JOIN LATERAL unnest(hours.spans) AS span
LEFT JOIN LATERAL (
    SELECT measured_at AS at FROM metering_reading reading
    WHERE reading.device_id = hours.device_id AND measured_at <= lower(span) AND {USABLE}
    ORDER BY measured_at DESC LIMIT 1) before ON TRUE
LEFT JOIN LATERAL (
    SELECT measured_at AS at FROM metering_reading reading
    WHERE reading.device_id = hours.device_id AND measured_at >= upper(span) AND {USABLE}
    ORDER BY measured_at LIMIT 1) after ON TRUE
"""  # noqa: S608 - our own names
# A line from each reading to the next, the register where it crosses an hour, the difference to the next.
# In whole Wh and whole seconds, rounded down, as queries.registers does it: what is cut out adds up again.
HOURS: Final = f"""
WITH scope AS (SELECT device_id, lo, hi FROM cut_region), flagged AS (
    SELECT flag.device_id, region.lo, flag.measured_at, bool_or(flag.is_unusable) AS is_unusable,
           sum(flag.carry_wh)::bigint AS carry_wh
    FROM cut_region region JOIN metering_readingflag flag ON flag.device_id = region.device_id
      AND flag.measured_at BETWEEN region.from_at AND region.to_at
    WHERE flag.withdrawn_at IS NULL AND (flag.is_unusable OR flag.carry_wh IS NOT NULL)
    GROUP BY flag.device_id, region.lo, flag.measured_at
), said AS (
    SELECT installed.id AS installation_id, region.device_id, region.lo, region.hi,
           installed.starts_at AS hung_at, installed.ends_at AS taken_at,
           reading.measured_at AS at, floor(date_part('epoch', reading.measured_at))::bigint AS at_s,
           {QUALITY}, flagged.is_unusable,
           reading.energy_wh + COALESCE(sum(flagged.carry_wh) OVER (
               PARTITION BY installed.id, region.lo ORDER BY reading.measured_at), 0)::bigint AS wh
    FROM cut_region region
    JOIN metering_installation installed ON installed.device_id = region.device_id
      AND installed.starts_at <= region.to_at AND COALESCE(installed.ends_at, 'infinity') >= region.from_at
    JOIN metering_device device ON device.id = installed.device_id AND device.kind = 'heat_meter'
    CROSS JOIN LATERAL (
        (SELECT device_id, measured_at, energy_wh, quality, doubts, TRUE AS is_read FROM metering_reading
         WHERE device_id = region.device_id
           AND measured_at BETWEEN GREATEST(region.from_at, installed.starts_at)
                           AND LEAST(region.to_at, installed.ends_at) AND energy_wh IS NOT NULL
         OFFSET 0)
        UNION ALL
        (SELECT device_id, estimated_at, energy_wh, 'estimated', NULL, FALSE
         FROM metering_registerestimate estimate
         WHERE device_id = region.device_id AND withdrawn_at IS NULL
           AND estimated_at BETWEEN GREATEST(region.from_at, installed.starts_at)
                            AND LEAST(region.to_at, installed.ends_at)
           AND NOT EXISTS (
               SELECT FROM metering_reading reading WHERE reading.device_id = estimate.device_id
               AND reading.measured_at BETWEEN estimate.estimated_at
                                       AND COALESCE(installed.ends_at, 'infinity') AND {USABLE}))
    ) reading
    LEFT JOIN flagged ON flagged.device_id = reading.device_id AND flagged.lo = region.lo
      AND flagged.measured_at = reading.measured_at AND reading.is_read
), lines AS (
    SELECT *, lag(at) OVER meter IS NULL AS is_first, lead(at) OVER meter AS next_at,
           GREATEST(lead(at_s) OVER meter - at_s, 1) AS span_s, lead(wh) OVER meter - wh AS rise_wh,
           lead(quality) OVER meter AS next_quality
    FROM said WHERE is_unusable IS NOT TRUE
    WINDOW meter AS (PARTITION BY installation_id, lo ORDER BY at)
), crossings AS (
    SELECT lines.*, edge,
           LEAST(GREATEST(date_part('epoch', edge)::bigint - at_s, 0), span_s) AS passed_s,
           ((rise_wh %% span_s) + span_s) %% span_s AS rest_wh
    FROM lines CROSS JOIN LATERAL generate_series(
        GREATEST(lo, CASE WHEN is_first THEN date_trunc('hour', at, %(zone)s)
                 ELSE date_trunc('hour', at - interval '1 microsecond', %(zone)s) + interval '1 hour' END),
        LEAST(hi, CASE WHEN next_at IS NOT NULL THEN next_at - interval '1 microsecond'
                  WHEN taken_at IS NOT NULL
                  THEN date_trunc('hour', taken_at - interval '1 microsecond', %(zone)s) + interval '1 hour'
                  ELSE at END),
        interval '1 hour') AS edge
), edges AS (
    SELECT installation_id, device_id, lo, edge,
           wh + COALESCE((rise_wh - rest_wh) / span_s * passed_s + rest_wh * passed_s / span_s, 0)
               AS register_wh,
           LEAST(CASE
               WHEN edge < at THEN date_part('epoch', at - hung_at)
               WHEN quality = 'estimated' OR (edge > at AND next_quality = 'estimated') THEN {ESTIMATED_GAP_S}
               WHEN edge = at THEN 0
               WHEN next_at IS NULL THEN date_part('epoch', taken_at - at)
               ELSE span_s END, {ESTIMATED_GAP_S})::int AS gap_s,
           quality = 'suspect' OR (edge > at AND COALESCE(next_quality = 'suspect', FALSE)) AS is_suspect
    FROM crossings
), intervals AS (
    SELECT *, lead(edge) OVER meter AS next_edge, lead(register_wh) OVER meter - register_wh AS energy_wh,
           lead(gap_s) OVER meter AS next_gap_s, lead(is_suspect) OVER meter AS next_is_suspect
    FROM edges WINDOW meter AS (PARTITION BY installation_id, lo ORDER BY edge)
), new AS (
SELECT one.device_id, one.installation_id, one.edge AS starts_at, one.next_edge AS ends_at, one.energy_wh,
       CASE WHEN one.is_suspect OR one.next_is_suspect OR one.energy_wh < 0 THEN 'suspect'
            WHEN GREATEST(one.gap_s, one.next_gap_s) > %(tolerance_s)s THEN 'estimated' ELSE 'measured' END
           AS quality,
       one.gap_s AS start_gap_s, one.next_gap_s AS end_gap_s, installed.household_id,
       COALESCE(installed.building_id, household.building_id) AS building_id,
       COALESCE(installed.substation_id, building.substation_id) AS substation_id
FROM intervals one
JOIN metering_installation installed ON installed.id = one.installation_id
LEFT JOIN accounts_household household ON household.id = installed.household_id
LEFT JOIN accounts_building building ON building.id = COALESCE(installed.building_id, household.building_id)
WHERE one.next_edge IS NOT NULL
)
"""  # noqa: S608 - our own names
# The local days or months around the hours that were cut. A day is the sum of its hours, a month that of its
# days, as soon as the last of them is there, or the meter was taken down. Its ends are the first one's start
# and the last one's end.
WIDER: Final = """
WITH scope AS MATERIALIZED (
    SELECT one.device_id, lower(span) AS lo, upper(span) AS hi
    FROM (SELECT device_id, range_agg(tstzrange(
              date_trunc(%(unit)s, lo AT TIME ZONE %(zone)s) AT TIME ZONE %(zone)s,
              (date_trunc(%(unit)s, (hi - interval '1 microsecond') AT TIME ZONE %(zone)s)
                  + %(step)s::interval) AT TIME ZONE %(zone)s)) AS spans
          FROM cut_region GROUP BY device_id) one
    CROSS JOIN LATERAL unnest(one.spans) AS span
), parts AS (
    SELECT part.*, date_trunc(%(unit)s, part.starts_at AT TIME ZONE %(zone)s) AS local
    FROM scope CROSS JOIN LATERAL (
        SELECT * FROM metering_meterconsumption WHERE device_id = scope.device_id
          AND resolution = %(finer)s AND starts_at >= scope.lo AND starts_at < scope.hi
        OFFSET 0) part
), summed AS (
    SELECT device_id, installation_id, local AT TIME ZONE %(zone)s AS starts_at,
           (local + %(step)s::interval) AT TIME ZONE %(zone)s AS ends_at,
           sum(energy_wh)::bigint AS energy_wh, bool_or(quality = 'suspect') AS is_suspect,
           (array_agg(start_gap_s ORDER BY starts_at))[1] AS start_gap_s,
           (array_agg(end_gap_s ORDER BY starts_at DESC))[1] AS end_gap_s,
           max(ends_at) AS until, max(max(ends_at)) OVER (PARTITION BY device_id, local) AS heard_until,
           max(household_id) AS household_id, max(building_id) AS building_id,
           max(substation_id) AS substation_id
    FROM parts GROUP BY device_id, installation_id, local
), new AS (
    SELECT summed.device_id, summed.installation_id, summed.starts_at, summed.ends_at, summed.energy_wh,
           CASE WHEN summed.is_suspect THEN 'suspect'
                WHEN GREATEST(summed.start_gap_s, summed.end_gap_s) > %(tolerance_s)s THEN 'estimated'
                ELSE 'measured' END AS quality,
           summed.start_gap_s, summed.end_gap_s, summed.household_id, summed.building_id, summed.substation_id
    FROM summed JOIN metering_installation installed ON installed.id = summed.installation_id
    WHERE summed.until >= LEAST(summed.ends_at, installed.ends_at)
      AND (summed.heard_until >= summed.ends_at OR EXISTS (
          SELECT FROM metering_installation taken WHERE taken.device_id = summed.device_id
            AND taken.ends_at > summed.starts_at AND taken.ends_at <= summed.ends_at))
)
"""
# What a scope comes to beside what is stored in it; answers how many rows differ and how many are to go.
CHANGED: Final = """, old AS (
    SELECT stored.* FROM scope CROSS JOIN LATERAL (
        SELECT * FROM metering_meterconsumption WHERE device_id = scope.device_id
          AND resolution = %(resolution)s AND starts_at >= scope.lo AND starts_at < scope.hi
        OFFSET 0) stored
), changed AS (
    INSERT INTO cut_changed
    SELECT %(resolution)s, COALESCE(new.device_id, old.device_id),
           COALESCE(new.installation_id, old.installation_id),
           COALESCE(new.starts_at, old.starts_at), new.ends_at, new.energy_wh, new.quality,
           new.start_gap_s, new.end_gap_s, new.household_id, new.building_id, new.substation_id,
           old.ends_at, old.energy_wh, old.quality, old.household_id, old.building_id, old.substation_id
    FROM new FULL JOIN old ON old.device_id = new.device_id
      AND old.installation_id = new.installation_id AND old.starts_at = new.starts_at
    WHERE (new.energy_wh, new.quality, new.start_gap_s, new.end_gap_s, new.ends_at,
           new.household_id, new.building_id, new.substation_id)
      IS DISTINCT FROM
          (old.energy_wh, old.quality, old.start_gap_s, old.end_gap_s, old.ends_at,
           old.household_id, old.building_id, old.substation_id)
    RETURNING energy_wh
)
SELECT count(*), count(*) FILTER (WHERE energy_wh IS NULL) FROM changed
"""
GONE: Final = """
DELETE FROM metering_meterconsumption WHERE resolution = %(resolution)s
  AND device_id = ANY(ARRAY(SELECT DISTINCT device_id FROM cut_changed
                            WHERE resolution = %(resolution)s AND energy_wh IS NULL))
  AND starts_at >= (SELECT min(starts_at) FROM cut_changed WHERE resolution = %(resolution)s)
  AND starts_at <= (SELECT max(starts_at) FROM cut_changed WHERE resolution = %(resolution)s)
  AND (device_id, installation_id, starts_at) IN (
      SELECT device_id, installation_id, starts_at FROM cut_changed
      WHERE resolution = %(resolution)s AND energy_wh IS NULL)
"""
PUT: Final = """
INSERT INTO metering_meterconsumption (utility_id, device_id, installation_id, resolution, starts_at,
    ends_at, energy_wh, quality, start_gap_s, end_gap_s, household_id, building_id, substation_id)
SELECT %(utility)s, device_id, installation_id, resolution, starts_at, ends_at, energy_wh, quality,
       start_gap_s, end_gap_s, household_id, building_id, substation_id
FROM cut_changed WHERE resolution = %(resolution)s AND energy_wh IS NOT NULL
ON CONFLICT (device_id, resolution, starts_at, installation_id) DO UPDATE
SET ends_at = excluded.ends_at, energy_wh = excluded.energy_wh, quality = excluded.quality,
    start_gap_s = excluded.start_gap_s, end_gap_s = excluded.end_gap_s,
    household_id = excluded.household_id, building_id = excluded.building_id,
    substation_id = excluded.substation_id
"""
# A meter's row counts for the places above it; what a row was is taken off, what it is comes on top.
# Summed by home or not and place before it is spread over the sums: meters are many, places few.
PLACES: Final = """
WITH differences AS (
    SELECT resolution, starts_at, ends_at, energy_wh, 1 AS meters, quality,
           household_id IS NOT NULL AS is_home, building_id, substation_id
    FROM cut_changed WHERE energy_wh IS NOT NULL
    UNION ALL
    SELECT resolution, starts_at, old_ends_at, -old_energy_wh, -1, old_quality,
           old_household_id IS NOT NULL, old_building_id, old_substation_id
    FROM cut_changed WHERE old_energy_wh IS NOT NULL
), counted AS (
    SELECT resolution, starts_at, is_home, building_id, substation_id, max(ends_at) AS ends_at,
           sum(energy_wh) AS energy_wh, sum(meters) AS meters,
           COALESCE(sum(meters) FILTER (WHERE quality = 'estimated'), 0) AS estimated,
           COALESCE(sum(meters) FILTER (WHERE quality = 'suspect'), 0) AS suspect
    FROM differences GROUP BY resolution, starts_at, is_home, building_id, substation_id
), summed AS (
    SELECT place.place_sum, place.place_id, resolution, starts_at, max(ends_at) AS ends_at,
           sum(energy_wh)::bigint AS energy_wh, sum(meters)::int AS meters,
           sum(estimated)::int AS estimated, sum(suspect)::int AS suspect
    FROM counted CROSS JOIN LATERAL (VALUES
        ('building_homes', CASE WHEN is_home THEN building_id END),
        ('substation_homes', CASE WHEN is_home THEN substation_id END),
        ('building', CASE WHEN NOT is_home THEN building_id END),
        ('substation_buildings', CASE WHEN NOT is_home AND building_id IS NOT NULL THEN substation_id END),
        ('substation', CASE WHEN NOT is_home AND building_id IS NULL THEN substation_id END)
    ) AS place(place_sum, place_id)
    WHERE place.place_id IS NOT NULL
    GROUP BY place.place_sum, place.place_id, resolution, starts_at
)
INSERT INTO metering_placeconsumption AS known (utility_id, place_sum, place_id, resolution, starts_at,
    ends_at, energy_wh, meters, estimated, suspect)
SELECT %s, place_sum, place_id, resolution, starts_at, ends_at, energy_wh, meters, estimated, suspect
FROM summed WHERE energy_wh <> 0 OR meters <> 0 OR estimated <> 0 OR suspect <> 0
ON CONFLICT (place_sum, place_id, resolution, starts_at) DO UPDATE
SET energy_wh = known.energy_wh + excluded.energy_wh, meters = known.meters + excluded.meters,
    estimated = known.estimated + excluded.estimated, suspect = known.suspect + excluded.suspect
"""
SWEEP: Final = "DELETE FROM metering_placeconsumption WHERE utility_id = %s AND meters = 0"
# As many marks as weigh no more than a run can hold, but at least one.
TAKE: Final = """
SELECT id FROM (
    SELECT id, sum(weight) OVER (ORDER BY id) - weight AS before
    FROM metering_consumptionmark WHERE utility_id = %s
) mark WHERE before < %s ORDER BY id
"""
