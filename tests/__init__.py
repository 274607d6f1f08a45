"""Real servers, real processes; the tree of tests mirrors the tree of code."""
