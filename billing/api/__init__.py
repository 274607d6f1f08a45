"""HTTP surface of billing."""
