"""What residents feel: rooms, votes, preference, the comfort demand of the plant."""
