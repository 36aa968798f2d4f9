#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrays.h"
#include "bindings.h"
#include "matching_models.h"
#include <ATen/Parallel.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nlohmann/json.hpp>

#include "rechub/base/parallel.h"
#include "rechub/base/progress.h"
#include "rechub/matching/match_trainer.h"
#include "rechub/train/trainer.h"

namespace nb = nanobind;

namespace rechub::python {
namespace {

using namespace matching;
using nlohmann::json;

MatchTrainerOptions options_of(const json& given) {
  MatchTrainerOptions options;
  const json &optimizer = given["optimizer"], &penalties = given["penalties"];
  options.mode = given["mode"];
  options.optimizer_params.optimizer = optimizer["name"];
  options.optimizer_params.lr = optimizer["lr"];
  options.optimizer_params.weight_decay = optimizer["weight_decay"];
  options.optimizer_params.beta1 = optimizer["beta1"];
  options.optimizer_params.beta2 = optimizer["beta2"];
  options.optimizer_params.eps = optimizer["eps"];
  options.optimizer_params.lr_of_epoch = optimizer["lr_of_epoch"].get<std::vector<double>>();
  options.regularization_params = {penalties["embedding_l1"], penalties["embedding_l2"], penalties["dense_l1"], penalties["dense_l2"]};
  options.n_epoch = given["n_epoch"];
  options.earlystop_patience = given["earlystop_patience"];
  options.device = given["device"];
  options.model_path = given["model_path"];
  options.in_batch_neg = given["in_batch_neg"];
  options.in_batch_neg_ratio = given["in_batch_neg_ratio"];
  options.hard_negative = given["hard_negative"];
  options.num_negatives = given["num_negatives"];
  options.seed = given["seed"];
  options.validation_share = given["validation_share"];
  return options;
}

json line_of(const EpochReport& report) {
  return {{"epoch", report.epoch},     {"train_loss", report.train_loss}, {"seconds", report.seconds}, {"learning_rate", report.learning_rate},
          {"metrics", report.metrics}, {"is_best", report.is_best}};
}

json result_of(const FitResult& result) {
  return {{"epochs", result.epochs},           {"best_epoch", result.best_epoch},       {"metric", result.metric},
          {"best_metric", result.best_metric}, {"training_rows", result.training_rows}, {"validation_rows", result.validation_rows},
          {"interrupted", result.interrupted}};
}

// A call that reads the model, without the GIL.
template <class Call>
auto reading(const SharedModel& model, Call&& call) {
  const ModelUse use(model, false);
  return without_gil([&] {
    at::set_num_threads(num_threads());
    return call();
  });
}

class Trainer {
 public:
  Trainer(SharedModel& model, const std::string& options) : model_(model), trainer_(model.model, options_of(json::parse(options))) {}

  // Ctrl-C ends training with the best weights so far, which are saved as always; the result says "interrupted", and the caller raises it then.
  std::string fit(const DataLoader& train, const DataLoader& validation, const nb::object& on_epoch) {
    std::unique_ptr<Progress> progress;
    TrainHooks hooks;
    hooks.is_interrupted = [] { return Interrupt::is_pending(); };
    hooks.on_step = [&](int64_t step, int64_t total, double loss) {
      if (!progress) progress = std::make_unique<Progress>("training", total, "batches");
      if (progress->is_due()) progress->update(step, fmt::format("loss {:.4f}", loss));
    };
    hooks.on_epoch = [&](const EpochReport& report) { Interrupt::call([&] { on_epoch(line_of(report).dump()); }, true); };
    const ModelUse use(model_, true);
    FitResult result;
    {
      const Released released;
      at::set_num_threads(num_threads());
      result = trainer_.fit(train, validation, hooks);
    }
    result.interrupted |= Interrupt::take_pending();
    return result_of(result).dump();
  }

  std::map<std::string, double> evaluate(const DataLoader& rows) const {
    return reading(model_, [&] { return trainer_.evaluate(rows); });
  }

  NumpyArray<float> predict(const DataLoader& rows) const {
    std::vector<float> scores = reading(model_, [&] { return trainer_.predict(rows); });
    const size_t count = scores.size();
    return to_numpy(std::move(scores), {count});
  }

  // [rows, dim], or [rows, vectors, dim] where a row has several.
  NumpyArray<float> inference_embedding(SharedModel& model, const std::string& mode, const DataLoader& rows, const std::string& model_path) const {
    if (!model_path.empty()) {
      const ModelUse use(model, true);
      without_gil([&] { model.model.load(model_path); });
    }
    std::optional<ModelUse> own;  // of the trainer, whose last fit tells what items there are
    if (&model != &model_) own.emplace(model_, false);
    Embeddings embeddings = reading(model, [&] { return trainer_.inference_embedding(model.model, mode, rows); });
    std::vector<size_t> shape = {static_cast<size_t>(embeddings.num_rows)};
    if (embeddings.vectors_per_row > 1) shape.push_back(embeddings.vectors_per_row);
    shape.push_back(embeddings.dim);
    return to_numpy(std::move(embeddings.values), shape);
  }

  void export_onnx(const std::string& path, const std::string& mode) const {
    reading(model_, [&] { trainer_.export_onnx(path, mode); });
  }

 private:
  SharedModel& model_;
  MatchTrainer trainer_;
};

}  // namespace

void bind_matching_trainer(nb::module_& module) {
  nb::class_<Trainer>(module, "MatchTrainer", "Trains, judges and applies a model. Options are a JSON object with all of MatchTrainerOptions.")
      .def(nb::init<SharedModel&, const std::string&>(), nb::arg("model"), nb::arg("options"), nb::keep_alive<1, 2>())
      .def(
          "fit",
          [](Trainer& self, const DataLoader& train, const DataLoader* validation, const nb::object& on_epoch) {
            const DataLoader none;
            return self.fit(train, validation == nullptr ? none : *validation, on_epoch);
          },
          nb::arg("train"), nb::arg("validation").none(), nb::arg("on_epoch"))
      .def("evaluate", &Trainer::evaluate, nb::arg("rows"))
      .def("predict", &Trainer::predict, nb::arg("rows"))
      .def("inference_embedding", &Trainer::inference_embedding, nb::arg("model"), nb::arg("mode"), nb::arg("rows"), nb::arg("model_path"))
      .def("export_onnx", &Trainer::export_onnx, nb::arg("path"), nb::arg("mode"));
}

}  // namespace rechub::python
