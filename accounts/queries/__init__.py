"""Reads: who may see what, and what hangs on what."""
