#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rechub/matching/data_generator.h"
#include "rechub/matching/embeddings.h"
#include "rechub/matching/match_model.h"

namespace rechub {
struct TrainHooks;
}

namespace rechub::matching {

struct OptimizerParams {
  std::string optimizer = "adam";  // or adagrad, sgd
  double lr = 1e-3;                // step size
  double weight_decay = 1e-5;      // decoupled, as a share of the step size; on the rows a step touches
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  std::vector<double> lr_of_epoch = {};  // the step size of each epoch, in place of lr; the last one holds on
};

// Terms of the loss: l1 x the sum of sizes, l2 x the sum of squares; of embeddings those of the rows a step touches, of all others but layer norms.
struct RegularizationParams {
  double embedding_l1 = 0, embedding_l2 = 0, dense_l1 = 0, dense_l2 = 0;
};

struct MatchTrainerOptions {
  // 0 point-wise: binary cross-entropy of each row's label (without any row of label 0: against drawn negatives). 1 pair-wise: BPR against drawn negatives. 2 list-wise: softmax
  // over all items of the data, by drawn negatives where they are many. Modes 1 and 2 learn from the rows with a label above 0, which weighs the row. A model whose paper has a
  // loss of its own kind takes that: FaceBookDSSM the hinge in mode 1, YoutubeSBC the corrected softmax over the batch in mode 2.
  int mode = 0;
  OptimizerParams optimizer_params = {};
  int64_t n_epoch = 10;
  int64_t earlystop_patience = 10;  // epochs without a better validation metric until training stops
  std::string device = "cpu";       // this build runs on the CPU; "cuda..." says so and goes on, "auto" goes on
  std::string model_path = "";      // directory the best weights are saved in after fit; empty: nowhere
  bool in_batch_neg = false;        // negatives are the batch's other items, corrected for how often they come
  int64_t in_batch_neg_ratio = 0;   // with in_batch_neg: so many of them for each row, drawn anew; 0: all. With hard_negative: so many of a row's own that score highest beside all
  bool hard_negative = false;       // with in_batch_neg: the batch's items that score highest come a second time (2 unless in_batch_neg_ratio says more or less)
  RegularizationParams regularization_params = {};
  int64_t num_negatives = 512;    // drawn from all items otherwise (uniformly; mode 2 by popularity), shared by the batch
  int64_t seed = 1;               // of weights, order, dropout, negatives and the rows held out
  double validation_share = 0.1;  // of the training rows, held out where fit gets no labelled validation rows
};

struct FitResult {
  int64_t epochs = 0, best_epoch = 0;  // from 1
  std::string metric;                  // that chose the best epoch; empty: there was nothing to choose by, and the last epoch is kept
  double best_metric = 0;
  int64_t training_rows = 0, validation_rows = 0;
  bool interrupted = false;  // by TrainHooks::is_interrupted; the weights are the best so far
};

// Trains, judges and applies a model, which must outlive it. Used from one thread.
class MatchTrainer {
 public:
  // Throws kUsage for options out of range, naming them.
  MatchTrainer(MatchModel& model, MatchTrainerOptions options);

  // Trains on the rows of `train`; the model has the weights of the best epoch afterwards. Rows to judge by are those of `validation`, where they have the item columns; else a
  // seeded part of the training rows is held out, and the log says so. Throws kData or kShape for data that does not fit the features, naming feature and row.
  // `hooks`: on_epoch, on_step, should_stop and is_interrupted may be given.
  FitResult fit(const DataLoader& train, const DataLoader& validation, TrainHooks hooks);
  FitResult fit(const DataLoader& train, const DataLoader& validation = {});

  // Metrics of labelled rows by name: Hit@K, Recall@K, Precision@K, NDCG@K, MRR@K over all items for K = 5, 10, 20; in mode 0 also AUC and LogLoss where there are labels of both
  // kinds.
  std::map<std::string, double> evaluate(const DataLoader& rows) const;

  // A number a row of user and item columns: the probability of label 1 in mode 0, else the cosine.
  std::vector<float> predict(const DataLoader& rows) const;

  // The vectors of the loader's users or items (mode "user" or "item"), row by row. `model_path`: the weights saved there are loaded first.
  Embeddings inference_embedding(MatchModel& model, const std::string& mode, const DataLoader& data_loader, const std::string& model_path = "") const;

  // The tower of users or items as an ONNX graph that takes columns as loaders do and gives what inference_embedding gives (match_export.h). Histories are read with the items of
  // the last fit.
  void export_onnx(const std::string& path, const std::string& mode) const;

 private:
  MatchModel& model_;
  MatchTrainerOptions options_;
  std::shared_ptr<const Columns> catalogue_;  // of the last fit
};

}  // namespace rechub::matching
