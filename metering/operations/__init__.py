"""Writes: verb-named, keyword-only, one transaction each."""
