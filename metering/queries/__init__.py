"""Reads: who measured what, and when; each needs a utility in scope."""
