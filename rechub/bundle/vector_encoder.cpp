#include "rechub/bundle/vector_encoder.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <ATen/ATen.h>

#include "rechub/base/interruption.h"
#include "rechub/bundle/catalogue_index.h"

namespace rechub {
namespace {

constexpr int64_t kItemsPerCall = 65536;
constexpr int64_t kCasesPerCall = 512;

}  // namespace

VectorEncoder::VectorEncoder(const Dataset& dataset, const Model& model, const ParameterSet& parameters)
    : dataset_(dataset), model_(model), parameters_(parameters), assembler_(dataset, false, model.options().user_id) {}

at::Tensor VectorEncoder::item_vectors() const {
  std::vector<at::Tensor> parts;
  for (int64_t begin = kFirstIndex; begin < dataset_.item_rows(); begin += kItemsPerCall) {
    check_interruption();
    parts.push_back(encode_items(assembler_.items(begin, std::min<int64_t>(begin + kItemsPerCall, dataset_.item_rows()))));
  }
  const at::Tensor items = at::cat(parts, 0);  // [N, D]
  return at::cat({at::zeros({1, items.size(1)}), items.mean(0, true), items}, 0).contiguous();
}

at::Tensor VectorEncoder::encode_items(const ItemBatch& batch) const {
  at::NoGradGuard no_grad;
  EncodeContext context;
  context.leaves = parameters_.whole_tables();
  return model_.encode_items(batch, context).to(at::kFloat).contiguous();
}

UserVectors VectorEncoder::run(SequenceBatch sequences) const {
  at::NoGradGuard no_grad;
  AssembledBatch assembled = assembler_.assemble_for_encoding(std::move(sequences));
  const UserBatch batch = make_user_batch(assembled, nullptr);
  EncodeContext context;
  context.leaves = parameters_.whole_tables();
  UserVectors users = model_.encode_users(batch, context);
  users.vectors = users.vectors.to(at::kFloat).contiguous();
  return users;
}

at::Tensor VectorEncoder::encode(SequenceBatch sequences) const { return run(std::move(sequences)).vectors; }

at::Tensor VectorEncoder::user_vectors(std::span<const EvaluationCase> cases) const { return interests(cases).vectors; }

UserVectors VectorEncoder::interests(std::span<const EvaluationCase> cases) const {
  std::vector<at::Tensor> vectors, active;
  for (size_t begin = 0; begin < cases.size(); begin += kCasesPerCall) {
    check_interruption();
    std::vector<Window> windows;
    for (const EvaluationCase& question : cases.subspan(begin, std::min<size_t>(kCasesPerCall, cases.size() - begin))) {
      windows.push_back(case_window(question, model_.options().max_length));
    }
    UserVectors users = run(make_sequence_batch(dataset_, windows, {model_.options().max_length}));
    vectors.push_back(std::move(users.vectors));
    if (users.active.defined()) active.push_back(std::move(users.active));
  }
  return {at::cat(vectors, 0), active.empty() ? at::Tensor() : at::cat(active, 0)};
}

CaseRanker rank_by_vectors(const VectorEncoder& encoder, const at::Tensor& item_vectors) {
  auto index = std::make_shared<CatalogueIndex>(item_vectors);
  return [&encoder, index](const RankRequest& request) { return index->search(encoder.user_vectors(request.cases), request.k, request.exclude, request.targets, request.allowed); };
}

}  // namespace rechub
