"""Examples at the foot of a command's --help."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """Return an epilog that shows command lines as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
