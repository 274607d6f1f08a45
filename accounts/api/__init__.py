"""HTTP surface of accounts, and the base of every view about a home."""
