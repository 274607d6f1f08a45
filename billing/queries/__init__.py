"""Reads: facts for rating, invoices, what is open."""
