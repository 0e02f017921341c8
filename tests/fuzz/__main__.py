"""Try one target, led by what its inputs reach: `make fuzz TARGET=queries MINUTES=5`, or each for so long.

A finding is kept below .fuzz, and shown as the example that Hypothesis makes of it.
"""

import sys
from pathlib import Path

import atheris


def main() -> None:
    """Fuzz the target that is named for so many minutes."""
    name, minutes = sys.argv[1], float(sys.argv[2])
    with atheris.instrument_imports(include=["duebook"]):
        from tests.fuzz.targets import TARGETS
    if name not in TARGETS:
        sys.exit(f"{name} is none of {', '.join(TARGETS)}")
    found = Path(".fuzz", "corpus", name)
    found.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={minutes * 60:.0f}", f"-artifact_prefix=.fuzz/{name}-", "-max_len=4096"]
    atheris.Setup([sys.argv[0], *options, str(found)], TARGETS[name].hypothesis.fuzz_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
