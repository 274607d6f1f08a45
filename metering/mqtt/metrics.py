"""The ingestor's counters. Their balance holds: records = stored + duplicate + quarantined."""

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
LAST_COMMIT: Final = Gauge(
    "hearthline_ingest_last_commit_timestamp_seconds", "When the last batch was stored"
)
