"""The ingestor's counters, stage by stage: received, decoded, stored, acknowledged.

Their balance holds, and the ingestor holds it to it: records = stored + duplicate + quarantined.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

RECEIVED: Final = Counter(
    "hearthline_ingest_messages_received", "Messages the broker delivered, redeliveries too"
)
ACKNOWLEDGED: Final = Counter("hearthline_ingest_messages_acknowledged", "Messages stored and acknowledged")
IGNORED: Final = Counter("hearthline_ingest_messages_ignored", "Messages on channels that others listen to")
RECORDS: Final = Counter("hearthline_ingest_records", "Readings, temperatures, signals and states decoded")
OUTCOMES: Final = Counter("hearthline_ingest_outcomes", "What became of the records", ["outcome"])
RETRIES: Final = Counter("hearthline_ingest_database_retries", "Batches that waited for the database")
BATCH_SECONDS: Final = Histogram("hearthline_ingest_batch_seconds", "From taking a batch to its commit")
DECODE_SECONDS: Final = Histogram("hearthline_ingest_decode_seconds", "Decoding a batch, beside the storing")
WAITING: Final = Gauge("hearthline_ingest_waiting_messages", "Messages received and not yet in a batch")
UNACKNOWLEDGED: Final = Gauge(
    "hearthline_ingest_unacknowledged_messages", "Messages received on this connection and not acknowledged"
)
LAG: Final = Gauge(
    "hearthline_ingest_lag_seconds", "From the arrival of the oldest message of the last batch to its commit"
)
CONNECTIONS_LOST: Final = Counter(
    "hearthline_ingest_connections_lost", "Connections to the broker that broke"
)
UNACCOUNTED: Final = Counter(
    "hearthline_ingest_unaccounted", "Records that ended as nothing: any at all is a defect, raise an alarm"
)
UNBALANCED: Final = Gauge(
    "hearthline_ingest_unbalanced_batches", "Batches on record that did not balance: outlives the process"
)
GAPS: Final = Gauge(
    "hearthline_reading_gaps", "Gaps in readings of all utilities that are not filled", ["state"]
)
LAST_COMMIT: Final = Gauge(
    "hearthline_ingest_last_commit_timestamp_seconds", "When the last batch was stored"
)
