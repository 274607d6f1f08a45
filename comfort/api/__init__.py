"""HTTP surface of comfort: rooms, their series, votes."""
