"""The command line that continues later."""

import shlex
from pathlib import Path


def way_back(command: str, task_id: str | None = None, *, url: str | None, out: Path | str | None = None) -> str:
    """Return a command for a batch at the same service. The key is not shown."""
    words = ["photobatch", command]
    words += [task_id] if task_id else []
    words += ["--out", str(out)] if out else []
    words += ["--url", url] if url else []
    return shlex.join(words)
