"""The real `server.py` as a process of its own for a benchmark, in a folder of its own, with the rate limits off."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

__all__ = ["RealServer"]

_TOP = Path(__file__).parent.parent
_OFF = (
    "registrations_per_hour", "logins_per_minute", "posts_per_second", "requests_per_second",
    "connections_before_login", "connections_before_login_per_address", "streams_per_minute", "idle_seconds",
)  # fmt: skip


class RealServer:
    """A context manager; `port` and `pid` are known inside."""

    def __enter__(self) -> RealServer:
        self._folder = tempfile.TemporaryDirectory()
        command = [sys.executable, str(_TOP / "server.py"), "--host", "127.0.0.1", "--port", "0"]
        command += ["--data", f"{self._folder.name}/data", "--welcome", ""]
        for name in _OFF:
            command += ["--limit", f"{name}=0"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        self.port = self._read_port()
        return self

    def _read_port(self) -> int:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("Join link:"):
                return int(line.rsplit(":", 1)[1].split("/")[0])
        raise RuntimeError("the server did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()
        self._folder.cleanup()

    def memory_kib(self) -> int:
        """Resident memory of the server process now."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError("no VmRSS")

    def cpu_s(self) -> float:
        """User and system time of the server process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100
