"""The resident's page: each view makes one domain call a panel and shows the answers together."""
