"""HTTP surface of control."""
