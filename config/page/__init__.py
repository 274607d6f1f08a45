"""The resident's page: server-rendered, installable, live."""
