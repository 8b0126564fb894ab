"""Learns the prior that ships with the library from published tables.

    python experiments/meta_train.py --data ../shared/data --out predictors/priors/general.safetensors

The same arguments give the same prior. An interrupted command goes on from the file beside its output, which is deleted
when the prior is written. Seconds are of the processor, in one thread if OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from _few_shot_settings import BENCHMARKS, tasks
from _script import start

from zcnas.predictors import meta_train


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads, learns, writes, prints."""
    options = _options(arguments)
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        chosen = {name: one for name, one in BENCHMARKS.items() if name in options.spaces}
        known = tasks(chosen, options.data, Path(folder), most=options.most)
    print(*(f"{task.name}: {len(task.archs)} networks" for task in known), sep="\n")
    read = time.process_time()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = options.out.with_name(f"{options.out.name}.checkpoint")
    prior = meta_train(known, steps=options.steps, seed=options.seed, checkpoint=checkpoint, progress=not options.quiet)
    prior.save(options.out)
    checkpoint.unlink(missing_ok=True)
    print(*(f"{name}: {value}" for name, value in prior.training.items()), sep="\n")
    print(f"processor: {read - start:.0f} s to read the files, {time.process_time() - read:.0f} s to learn")
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the published files")
    parser.add_argument("--spaces", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS), help="some only")
    parser.add_argument("--most", type=int, default=4096, help="networks of a space (4096)")
    parser.add_argument("--steps", type=int, default=1000, help="of meta-training (1000)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and episodes")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--out", type=Path, required=True, help="file for the prior")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    start(main)
