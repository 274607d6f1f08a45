"""Reads: rooms and their series, and the demand that control follows."""
