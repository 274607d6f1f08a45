"""Translations, and the formats in which languages write dates and numbers."""
