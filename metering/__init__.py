"""What was measured: devices, ingestion, readings, validation, consumption, the live feed."""
