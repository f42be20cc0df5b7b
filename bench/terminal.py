"""Where progress and tables go."""

from rich.console import Console

console = Console()
