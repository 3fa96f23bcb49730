"""How much faster two workers of Dask score than one, in turn: `python -m tests.program.scaling`.

The rows are random, made by the workers, and go through a network of three layers; all results are added up.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import transpile
from compare.calls import tiny_model
from compare.stats import estimate, paired
from compare.text import ratio, seconds

WIDTHS = (64, 512, 512, 10)


def score(client: Any, function: Any, rows: int, block: int) -> float:
    """Seconds until all rows are scored."""
    import dask.array as da

    images = da.random.default_rng(0).random((rows, WIDTHS[0]), chunks=(block, WIDTHS[0]), dtype=np.float32)
    nothing = np.empty((0, WIDTHS[-1]), np.float32)
    logits = images.map_blocks(function.map, max_workers=1, chunks=(block, WIDTHS[-1]), meta=nothing)
    start = time.perf_counter()
    client.compute(logits.sum()).result()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--block", type=int, default=1000, help="rows of a task")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    from dask.distributed import Client, LocalCluster

    with tempfile.TemporaryDirectory() as folder:
        module = transpile.compile(tiny_model(Path(folder) / "network.onnx", WIDTHS))
    function = next(iter(transpile.load(module, threads=1).functions.values()))
    samples: dict[int, list[float]] = {1: [], 2: []}
    settings: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(n_workers=1, **settings) as small, LocalCluster(n_workers=2, **settings) as large:
        clients = {1: Client(small, set_as_default=False), 2: Client(large, set_as_default=False)}
        for number in range(options.rounds + 1):
            for workers, client in clients.items():
                spent = score(client, function, options.rows, options.block)
                if number:  # the first time, workers open the program
                    samples[workers].append(spent)
        for client in clients.values():
            client.close()
    for workers, found in samples.items():
        print(f"{workers} workers: {seconds(estimate(found).median)} for {options.rows:,} rows")
    print(f"two workers are {ratio(paired(samples[1], samples[2]))} as fast as one")


if __name__ == "__main__":
    main()
