"""The demo: a community seeded from nothing, its history and its fake payment provider.

`manage.py demo` supervises the stack with these beside it: `demo_seed` (with the migration), the twin,
the fake Stripe, and `demo_bills` (a step nobody waits for).
"""
