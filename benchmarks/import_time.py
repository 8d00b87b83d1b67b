"""Seconds that `import aan_keras` adds to `import keras`, in fresh interpreters.

Example: python benchmarks/import_time.py --runs 5
"""

import argparse
import statistics
import subprocess
import sys

from report import report

CODE = """
import time
start = time.perf_counter()
import keras
middle = time.perf_counter()
import aan_keras
print(middle - start, time.perf_counter() - middle)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    times = []
    # The first run compiles and reads from disk; it is not counted.
    for _ in range(runs + 1):
        result = subprocess.run(
            [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
        )
        times.append([float(word) for word in result.stdout.split()])
    keras_times, own_times = zip(*times[1:])
    rows = [
        {"import": name, "median s": statistics.median(t), "least s": min(t)}
        for name, t in (("keras", keras_times), ("aan_keras after it", own_times))
    ]
    report("import_time", rows, runs=runs)


if __name__ == "__main__":
    main()
