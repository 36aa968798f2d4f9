"""Trains, judges and applies a model of rechub.models.matching."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from rechub._data import as_number, as_whole_number
from rechub._runtime import engine, warn
from rechub.models.matching import MatchModel
from rechub.trainers import _settings
from rechub.trainers._rows import as_loader

Vectors = np.ndarray[Any, np.dtype[np.float32]]
_OPSET = 17  # of exported graphs


class MatchTrainer:
    """Trains a model and keeps the weights of its best epoch.

    Args:
        model: of rechub.models.matching. Training goes on from what it has learnt or loaded.
        mode: 0 point-wise: binary cross-entropy of each row's label, from 0 to 1; without any row of label 0 against drawn negatives. 1 pair-wise: BPR against drawn negatives.
            2 list-wise: softmax over all items of the data, by drawn negatives where they are many. Modes 1 and 2 learn from rows with a label above 0, which weighs the row;
            where all labels are 0 every row counts as wanted. FaceBookDSSM has the hinge in mode 1, YoutubeSBC the corrected softmax over the batch in mode 2.
        in_batch_neg: negatives are the batch's other items, corrected for how often they come. in_batch_neg_ratio: so many of them a row, drawn anew; None: all. hard_negative:
            beside all of them, so many of a row's own that score highest.
        sampler_seed: as seed, where that is not given.
        optimizer_fn: torch.optim.Adam (also where None), AdamW, Adagrad or SGD, or its name. Weight decay is decoupled and falls on the rows a step touches.
        optimizer_params: {"lr", "weight_decay", "betas", "eps"}; None: lr .001, weight_decay 1e-5.
        regularization_params: {"embedding_l1", "embedding_l2", "dense_l1", "dense_l2"}: terms of the loss; of embeddings those of the rows a step touches.
        scheduler_fn, scheduler_params: a class of torch.optim.lr_scheduler that gives a step size for each epoch, and its arguments.
        n_epoch: the most epochs. earlystop_patience: epochs without a better validation metric until training stops; 0: never.
        device: "cpu" or "auto". "cuda..." (and gpus) warns in one sentence and trains on the CPU.
        model_path: directory that fit saves the best weights in (weights.safetensors); None: nowhere.
        model_logger: one or a list of objects with log_hyperparams(dict), log_metrics(dict, step=int) and finish(), as Torch-RecHub's trackers.
        num_negatives: drawn from all items, shared by the batch. seed: of weights, order, dropout, negatives and rows held out. validation_share: of the training rows, held out
            where fit gets no rows to judge by.

    Raises ValueError for an argument out of range, naming it.
    """

    def __init__(
        self,
        model: MatchModel,
        mode: int = 0,
        in_batch_neg: bool = False,
        in_batch_neg_ratio: int | None = None,
        hard_negative: bool = False,
        sampler_seed: int | None = None,
        optimizer_fn: Any = None,
        optimizer_params: Mapping[str, Any] | None = None,
        regularization_params: Mapping[str, float] | None = None,
        scheduler_fn: Any = None,
        scheduler_params: Mapping[str, Any] | None = None,
        n_epoch: int = 10,
        earlystop_patience: int = 10,
        device: str = "cpu",
        gpus: Any = None,
        model_path: str | os.PathLike[str] | None = "./",
        model_logger: Any = None,
        *,
        num_negatives: int = 512,
        seed: int | None = None,
        validation_share: float = 0.1,
    ) -> None:
        if not isinstance(model, MatchModel):
            raise ValueError(f"model should be one of rechub.models.matching, got {type(model).__name__}")
        self.model = model
        self.n_epoch = as_whole_number(n_epoch, "n_epoch")
        self._settings = {
            "mode": as_whole_number(mode, "mode"),
            "optimizer": _settings.optimizer_settings(optimizer_fn, optimizer_params, scheduler_fn, scheduler_params, self.n_epoch),
            "penalties": _settings.penalties(regularization_params),
            "n_epoch": self.n_epoch,
            "earlystop_patience": as_whole_number(earlystop_patience, "earlystop_patience"),
            "device": str(device),
            "model_path": "" if model_path is None else os.fspath(model_path),
            "in_batch_neg": bool(in_batch_neg),
            "in_batch_neg_ratio": 0 if in_batch_neg_ratio is None else as_whole_number(in_batch_neg_ratio, "in_batch_neg_ratio"),
            "hard_negative": bool(hard_negative),
            "num_negatives": as_whole_number(num_negatives, "num_negatives"),
            "seed": as_whole_number(next((one for one in (seed, sampler_seed) if one is not None), 1), "seed"),
            "validation_share": as_number(validation_share, "validation_share"),
        }
        if gpus and str(device) in ("cpu", "auto"):
            warn(f"gpus={gpus!r}: this build does not use CUDA, so the model trains on the CPU")
        if not in_batch_neg and (hard_negative or in_batch_neg_ratio is not None):
            warn("hard_negative and in_batch_neg_ratio are about negatives of the batch: without in_batch_neg=True they change nothing")
        self._loggers = [] if model_logger is None else list(model_logger) if isinstance(model_logger, (list, tuple)) else [model_logger]
        for logger in self._loggers:
            if not all(callable(getattr(logger, name, None)) for name in ("log_hyperparams", "log_metrics", "finish")):
                raise ValueError(f"model_logger: expected an object with log_hyperparams, log_metrics and finish, got {logger!r}")
        self.history_: list[dict[str, Any]] = []
        self._handle = engine().MatchTrainer(model._handle, json.dumps(self._settings))

    def fit(self, train_dataloader: Any, val_dataloader: Any = None) -> dict[str, Any]:
        """Trains on the rows of a loader; the model has the weights of the best epoch afterwards, and model_path holds them.

        Rows to judge by are those of val_dataloader where they have the item columns; else a seeded part of the training rows is held out, and a message says so. Both may be
        loaders of MatchDataGenerator or torch DataLoaders, whose batches are gathered first.

        Returns epochs, best_epoch, metric, best_metric, training_rows, validation_rows and interrupted; history_ has a dict an epoch. Ctrl-C ends training, keeps and saves the
        best weights so far and raises KeyboardInterrupt.

        Raises ValueError for data that do not fit the features, naming feature, row (from 0) and value.
        """
        train = as_loader(train_dataloader, self.model, "train_dataloader")
        validation = None if val_dataloader is None else as_loader(val_dataloader, self.model, "val_dataloader")
        optimizer = self._settings["optimizer"]
        for logger in self._loggers:
            logger.log_hyperparams({"n_epoch": self.n_epoch, "learning_rate": optimizer["lr"], "loss_mode": self._settings["mode"]})  # type: ignore[index]
        self.history_ = []
        result: dict[str, Any] = json.loads(self._handle.fit(train._handle, None if validation is None else validation._handle, self._on_epoch))
        for logger in self._loggers:
            logger.finish()
        if result["interrupted"]:
            raise KeyboardInterrupt
        return result

    def _on_epoch(self, text: str) -> None:
        line = json.loads(text)
        self.history_.append(line)
        values = {"train/loss": line["train_loss"], "learning_rate": line["learning_rate"], **{f"val/{name}": value for name, value in line["metrics"].items()}}
        for logger in self._loggers:
            logger.log_metrics(values, step=line["epoch"] - 1)

    def evaluate(self, model: Any, data_loader: Any = None) -> dict[str, float]:
        """evaluate(data_loader) or, as Torch-RecHub, evaluate(model, data_loader): metrics of labelled rows by name.

        Hit@K, Recall@K, Precision@K, NDCG@K and MRR@K over all items for K = 5, 10, 20; in mode 0 also AUC and LogLoss where there are labels of both kinds. Raises ValueError for
        another model than the trainer's, rows without item columns, and data that do not fit the features, naming feature, row (from 0) and value.
        """
        loader = as_loader(self._rows(model, data_loader), self.model, "data_loader")
        return dict(self._handle.evaluate(loader._handle))

    def predict(self, model: Any, data_loader: Any = None) -> Vectors:
        """predict(data_loader) or predict(model, data_loader): float32 [rows] of rows with user and item columns: the probability of label 1 in mode 0, else the cosine.

        Raises ValueError as evaluate does."""
        loader = as_loader(self._rows(model, data_loader), self.model, "data_loader", is_ordered=True)
        return np.asarray(self._handle.predict(loader._handle))

    def inference_embedding(self, model: MatchModel, mode: str, data_loader: Any, model_path: str | os.PathLike[str] | None = None) -> Vectors:
        """Vectors of the loader's users or items, row by row: float32 [rows, dim], of users of a model with several interests [rows, n_interest, dim]; all of length 1.

        mode: "user" or "item". model_path: weights saved there by fit are read first. Raises PathNotFoundError without them, ValueError for another mode and for data that do
            not fit the features.
        """
        if not isinstance(model, MatchModel):
            raise ValueError(f"model should be one of rechub.models.matching, got {type(model).__name__}")
        if mode not in ("user", "item"):
            raise ValueError(f'mode should be "user" or "item", got {mode!r}')
        loader = as_loader(data_loader, model, "data_loader", is_ordered=True)
        return np.asarray(self._handle.inference_embedding(model._handle, mode, loader._handle, "" if model_path is None else os.fspath(model_path)))

    def export_onnx(
        self,
        output_path: str | os.PathLike[str],
        mode: str | None = None,
        dummy_input: Any = None,
        batch_size: int | None = None,
        seq_length: int | None = None,
        opset_version: int | None = None,
        dynamic_batch: bool = True,
        device: str | None = None,
        verbose: bool = False,
        onnx_export_kwargs: Mapping[str, Any] | None = None,
    ) -> bool:
        """Writes one tower (mode "user" or "item") as an ONNX graph whose output is what inference_embedding gives. Returns True.

        Inputs are the tower's columns under their features' names: ids int64 [rows], lists int64 [rows, length] with zeros at either end, numbers float32 [rows, embed_dim].
        Histories are read with the items of the last fit. Raises ValueError for another mode.

        The arguments behind mode stand as in Torch-RecHub, where they say how a graph is traced. This one is not: it holds for any number of rows and any length, in operator set
        17. A warning says so where opset_version names another, and where onnx_export_kwargs, dynamic_batch=False or a device other than the CPU ask for what is not done.
        """
        if mode not in ("user", "item"):
            raise ValueError(f"mode should be 'user' or 'item', got {mode!r}: a graph is of one tower")
        ignored = {
            f"opset_version={opset_version!r}": opset_version not in (None, _OPSET),
            f"dynamic_batch={dynamic_batch!r}": not dynamic_batch,
            f"device={str(device)!r}": device is not None and str(device) != "cpu",
            f"onnx_export_kwargs={onnx_export_kwargs!r}": bool(onnx_export_kwargs),
        }
        named = [text for text, is_so in ignored.items() if is_so]
        if named:
            warn(f"export_onnx does without {', '.join(named)}: the graph is written, not traced, for any number of rows in operator set {_OPSET}")
        self._handle.export_onnx(os.fspath(output_path), mode)
        return True

    def _rows(self, model: Any, data_loader: Any) -> Any:
        if data_loader is None:
            return model
        if model is not self.model:
            raise ValueError("model should be the trainer's own")
        return data_loader
