"""The seam to whoever takes the money: one protocol, and Stripe behind it. Knows no model."""
