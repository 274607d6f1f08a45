"""The operators' pages: server-drawn pictures, each with a sentence and a table that say the same."""
