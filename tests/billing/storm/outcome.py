"""What a storm was; free of Django, so that the process that started it can read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done and what did not agree."""

    operations: int
    crashes: int
    steps: dict[str, int]
    webhooks: dict[str, int]
    faults: list[str]
    # Of this process; the database's is not in it.
    cpu_s: float = 0.0

    @property
    def told(self) -> str:
        """In a few lines."""
        steps = ", ".join(f"{name} {count}" for name, count in sorted(self.steps.items()))
        fates = ", ".join(f"{name} {count}" for name, count in sorted(self.webhooks.items()))
        head = f"{self.operations} operations, {self.crashes} crashes: {steps}"
        return "\n".join([head, f"webhooks: {fates}", *(f"  FAULT {fault}" for fault in self.faults[:20])])
