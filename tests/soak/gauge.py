"""What a process holds, as the kernel knows it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Gauge:
    """Keeps, of each reading, how many files and threads a process has, and how many bytes of memory."""

    pid: int
    files: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def read(self) -> None:
        place = Path(f"/proc/{self.pid}")
        with suppress(FileNotFoundError, ProcessLookupError):
            pages = int((place / "statm").read_text(encoding="ascii").split()[1])
            files, threads = (sum(1 for _ in (place / name).iterdir()) for name in ("fd", "task"))
            self.files.append(files)
            self.threads.append(threads)
            self.memory.append(pages * os.sysconf("SC_PAGE_SIZE"))
