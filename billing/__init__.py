"""What it costs: tariffs, rating, invoices, ledger, payments."""
