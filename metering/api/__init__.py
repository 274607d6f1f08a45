"""HTTP surface of metering."""
