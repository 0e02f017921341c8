"""How much memory the processes of a server hold.

Units: MiB.
"""

from pathlib import Path
from statistics import median
from typing import Final

from tests.faults.served import Served

WARM_UP: Final = 0.25
"""The part of a run that is left out, while caches fill."""
TOLERANCE: Final = 0.10
"""By how much the median of the last third of what is left may lie above that of the first."""
ALWAYS_ALLOWED_MIB: Final = 8.0


def resident(served: Served) -> dict[str, float]:
    """What each process holds: the one that supervises, then the workers, by their numbers."""
    names = {f"supervisor {served.pid}": served.pid} | {f"worker {pid}": pid for pid in served.workers}
    return {name: _mib(pid) for name, pid in names.items()}


def _mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def growth(samples: list[float]) -> tuple[float, float]:
    """The medians of the first and the last third after the warm-up."""
    warm = samples[int(len(samples) * WARM_UP) :]
    third = max(1, len(warm) // 3)
    return median(warm[:third]), median(warm[-third:])


def grows(samples: list[float]) -> bool:
    """Whether memory grew by more than it may."""
    before, after = growth(samples)
    return after > before * (1 + TOLERANCE) + ALWAYS_ALLOWED_MIB
