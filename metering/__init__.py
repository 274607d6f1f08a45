"""What was measured: devices and their installation history, readings, rooms, telemetry, consumption."""
