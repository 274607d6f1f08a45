"""Reads: what is steered, what is observed, what is to be sent, what a resident is told."""
