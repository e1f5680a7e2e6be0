"""The last part of every command's help."""

EXITS = (
    "Exit status of the commands that ask a service: 0 fine; 1 photos failed, or the batch failed or was cancelled; "
    "2 a wrong command, or one that the service refuses; 3 the service cannot be reached, or takes nothing for now; "
    "130 Ctrl-C."
)


def examples(*lines: str) -> str:
    """Return the examples of a help text. Lines are given without `photobatch`."""
    heading = "Example" if len(lines) == 1 else "Examples"
    shown = "\n".join(f"  {line}" if "photobatch" in line else f"  photobatch {line}" for line in lines)
    return f"\b\n{heading}:\n{shown}"


def asking(*lines: str) -> str:
    """Return the last part of the help of a command that talks to a service."""
    return f"{examples(*lines)}\n\n{EXITS}"
