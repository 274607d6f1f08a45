"""What heat costs: values in, lines out. Integers, Decimal and Fraction; no Django, no clock, no database."""
