"""The conventions every surface shares: errors, money, pages, schema, health. Knows no app."""
