"""The time of a training epoch with the settings that reach the published figures, against the same arithmetic at the speed of the machine's best matrix product.

    ./run bench epoch [ROW] [EPOCHS]        default: beauty/sasrec 8

Prints JSON. The share of the limit counts only the full softmax's three products (readouts x items x dim), so attention, dropout, the optimizer and the loader count as loss.
"""

import json
import pathlib
import statistics
import sys
import tempfile
import time

import quality
import torch


def gemm_flops_per_second(side: int = 2048, seconds: float = 3) -> float:
    """The best of repeated products of two side x side matrices by LibTorch's BLAS, all cores."""
    a, b, best, end = torch.randn(side, side), torch.randn(side, side), float("inf"), time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        torch.mm(a, b)
        best = min(best, time.monotonic() - start)
    return 2 * side**3 / best


def main() -> None:
    row = quality.ROWS[sys.argv[1] if len(sys.argv) > 1 else "beauty/sasrec"]
    epochs = sys.argv[2] if len(sys.argv) > 2 else "8"
    before = gemm_flops_per_second()
    with tempfile.TemporaryDirectory(prefix="rechub-epoch-") as directory:
        bundle = pathlib.Path(directory) / "bundle"
        quality.run_program("train", "--config", row.config, *row.data.program_options(pathlib.Path(directory)), "--out", bundle, "--epochs", epochs, shows=False)
        lines = quality.epochs_of(bundle)
        protocol = json.loads((bundle / "metrics.json").read_text())["test"]["protocol"]
        dim = json.loads((bundle / "config.json").read_text())["model_options"]["dim"]
    limit = max(before, gemm_flops_per_second())
    seconds = statistics.median(line["seconds"] for line in lines)
    targets = statistics.median(line["seconds"] * line["events_per_second"] for line in lines)
    flops = 6 * targets * protocol["items"] * dim
    print(
        json.dumps(
            {
                "row": row.name,
                "epoch_seconds": [line["seconds"] for line in lines],
                "median_epoch_seconds": seconds,
                "median_evaluation_seconds": statistics.median(line["evaluation_seconds"] for line in lines),
                "targets": round(targets),
                "softmax_gflop": flops / 1e9,
                "gemm_gflop_per_second": limit / 1e9,
                "share_of_gemm_limit": flops / seconds / limit,
            }
        )
    )


if __name__ == "__main__":
    main()
