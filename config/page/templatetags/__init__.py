"""Filters of the resident's page."""
