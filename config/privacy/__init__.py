"""A person's archive: what all apps know of them, put together where all apps are known."""
