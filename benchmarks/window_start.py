"""Time from starting `client.py` to its window on the screen: `python -m benchmarks.window_start [RUNS]`.

Needs a display of its own (for example `xvfb-run`) and xdotool. The first run, which may read
from a cold disk, is not counted.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_TOP = Path(__file__).parent.parent
_NAME = "Secure Chat"
_MOST_S = 30.0


def _start_once() -> float:
    xdotool = shutil.which("xdotool")
    if xdotool is None or "DISPLAY" not in os.environ:
        sys.exit("This needs a display and xdotool: apt install xvfb xdotool, then xvfb-run python -m ...")
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        window = subprocess.Popen([sys.executable, str(_TOP / "client.py"), "--folder", folder])
        # Tk tells no pid. Asked again and again, because xdotool's own --sync looks only twice a second.
        search = [xdotool, "search", "--onlyvisible", "--name", f"^{_NAME}"]
        while subprocess.run(search, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            if time.perf_counter() - begun > _MOST_S:
                window.kill()
                sys.exit("No window appeared.")
        took = time.perf_counter() - begun
        window.terminate()
        window.wait()
        return took


def first_paint_s(runs: int = 5) -> float:
    """Median seconds from the command to the window on the screen."""
    return statistics.median([_start_once() for _ in range(runs + 1)][1:])


def main() -> None:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times = [_start_once() for _ in range(runs + 1)][1:]
    print(f"window on the screen after {statistics.median(times):.2f} s (median of {runs}; most {max(times):.2f} s)")


if __name__ == "__main__":
    main()
