"""Files of readings: their columns, their rows, and what is wrong with them. No Django, no database."""
