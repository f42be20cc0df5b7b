"""The verdict of a checker."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Verdict:
    """The number of things that were compared, and a sentence for each breach."""

    checked: int = 0
    breaches: list[str] = field(default_factory=list)

    def expect(self, condition: bool, breach: str) -> None:
        """Count one comparison, and add the breach unless the condition holds."""
        self.checked += 1
        if not condition:
            self.breaches.append(breach)
