"""Measurement and verification, pure: daily heat against weather, before and after, with its interval."""
