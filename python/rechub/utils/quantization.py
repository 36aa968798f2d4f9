"""Smaller ONNX graphs of towers, and what they lose."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from rechub._errors import PathNotFoundError


def quantize_model(
    input_path: str | os.PathLike[str],
    output_path: str | os.PathLike[str],
    mode: str = "int8",
    *,
    per_channel: bool = False,
    reduce_range: bool = False,
    weight_type: str = "qint8",
    op_types_to_quantize: list[str] | None = None,
    nodes_to_quantize: list[str] | None = None,
    nodes_to_exclude: list[str] | None = None,
    extra_options: dict[str, Any] | None = None,
    keep_io_types: bool = True,
    optimize_model: bool = False,
) -> str:
    """Writes a graph with weights of 8-bit whole numbers ("int8", for CPUs) or 16-bit floats ("fp16"). Needs onnx and onnxruntime. quantization_loss tells what it costs.

    Args:
        input_path, output_path: graphs, as MatchTrainer.export_onnx writes them.
        mode: "int8" (also "dynamic_int8"): onnxruntime's dynamic quantisation of matrices and embedding tables; "fp16" (also "float16").
        weight_type: "qint8" (also "int8", "signed") or "quint8" ("uint8", "unsigned"). These and the arguments up to extra_options are quantize_dynamic's.
        keep_io_types: fp16: inputs and outputs stay float32.

    Returns output_path. Raises ValueError for another mode or weight_type, PathNotFoundError without the graph.
    """
    source, target = os.fspath(input_path), os.fspath(output_path)
    if not os.path.isfile(source):
        raise PathNotFoundError(f"{source}: there is no such graph; MatchTrainer.export_onnx writes them")
    os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
    kind, weights = (str(word).strip().lower() for word in (mode, weight_type))  # spelt as Torch-RecHub takes them
    if kind in ("int8", "dynamic_int8", "dynamic"):
        quantization: Any = importlib.import_module("onnxruntime.quantization")
        signed, unsigned = quantization.QuantType.QInt8, quantization.QuantType.QUInt8
        types = {"qint8": signed, "int8": signed, "signed": signed, "quint8": unsigned, "uint8": unsigned, "unsigned": unsigned}
        if weights not in types:
            raise ValueError(f"weight_type should be qint8 or quint8, got {weight_type!r}")
        given = {
            "per_channel": per_channel,
            "reduce_range": reduce_range,
            "weight_type": types[weights],
            "op_types_to_quantize": op_types_to_quantize,
            "nodes_to_quantize": nodes_to_quantize,
            "nodes_to_exclude": nodes_to_exclude,
            "extra_options": extra_options,
            "optimize_model": optimize_model,
        }
        known = inspect.signature(quantization.quantize_dynamic).parameters
        quantization.quantize_dynamic(source, target, **{name: value for name, value in given.items() if name in known and value is not None})
        return target
    if kind in ("fp16", "float16"):
        onnx: Any = importlib.import_module("onnx")
        convert: Any = importlib.import_module("onnxruntime.transformers.float16").convert_float_to_float16
        onnx.save(convert(onnx.load(source), keep_io_types=keep_io_types), target)
        return target
    raise ValueError(f"mode should be int8 or fp16, got {mode!r}")


def quantization_loss(input_path: str | os.PathLike[str], output_path: str | os.PathLike[str], columns: Mapping[str, Any]) -> dict[str, float]:
    """How far the vectors of a quantised graph are from those of the graph it was made of, on rows of columns as the graphs take them.

    Returns mean_cosine and lowest_cosine of a vector before and after, largest_difference of a coordinate, and size: the file's bytes as a share of the former file's.
    """
    onnxruntime: Any = importlib.import_module("onnxruntime")
    vectors = []
    for path in (input_path, output_path):
        session = onnxruntime.InferenceSession(os.fspath(path), providers=["CPUExecutionProvider"])
        vectors.append(np.asarray(session.run(None, {one.name: columns[one.name] for one in session.get_inputs()})[0], dtype=np.float64))
    before, after = vectors
    cosines = (before * after).sum(-1) / np.maximum(np.linalg.norm(before, axis=-1) * np.linalg.norm(after, axis=-1), 1e-12)
    return {
        "mean_cosine": float(cosines.mean()),
        "lowest_cosine": float(cosines.min()),
        "largest_difference": float(np.abs(before - after).max()),
        "size": os.path.getsize(output_path) / os.path.getsize(input_path),
    }
