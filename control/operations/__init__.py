"""Writes: each one transaction, keyword-only, named by what happens."""
