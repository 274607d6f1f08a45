"""The demo: a community seeded from nothing, its history and its fake payment provider."""
