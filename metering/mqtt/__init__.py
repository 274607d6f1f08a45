"""From the broker to the database: receive, store, acknowledge, in that order."""
