"""What the plant should do: heating curves, targets, the safety envelope, the simulated community."""
