#include "rechub/bundle/vector_encoder.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <ATen/ATen.h>

namespace rechub {
namespace {

constexpr int64_t kItemsPerCall = 65536;
constexpr int64_t kCasesPerCall = 512;

std::span<const float> as_span(const at::Tensor& tensor) { return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())}; }

// A catalogue position is a dense index less the two reserved rows.
std::vector<int32_t> to_positions(std::span<const int32_t> items) {
  std::vector<int32_t> positions(items.begin(), items.end());
  for (int32_t& item : positions) item -= kFirstIndex;
  return positions;
}

}  // namespace

VectorEncoder::VectorEncoder(const Dataset& dataset, const Model& model, const ParameterSet& parameters)
    : dataset_(dataset), model_(model), parameters_(parameters), assembler_(dataset, false, model.options().user_id) {}

at::Tensor VectorEncoder::item_vectors() const {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> parts;
  for (int64_t begin = kFirstIndex; begin < dataset_.item_rows(); begin += kItemsPerCall) {
    EncodeContext context;
    context.leaves = parameters_.whole_tables();
    const ItemBatch batch = assembler_.items(begin, std::min<int64_t>(begin + kItemsPerCall, dataset_.item_rows()));
    parts.push_back(model_.encode_items(batch, context).to(at::kFloat));
  }
  const at::Tensor items = at::cat(parts, 0);  // [N, D]
  return at::cat({at::zeros({1, items.size(1)}), items.mean(0, true), items}, 0).contiguous();
}

at::Tensor VectorEncoder::encode(SequenceBatch sequences) const {
  at::NoGradGuard no_grad;
  AssembledBatch assembled = assembler_.assemble_for_encoding(std::move(sequences));
  const UserBatch batch = make_user_batch(assembled, nullptr);
  EncodeContext context;
  context.leaves = parameters_.whole_tables();
  return model_.encode_users(batch, context).vectors.to(at::kFloat).contiguous();
}

at::Tensor VectorEncoder::user_vectors(std::span<const EvaluationCase> cases) const {
  std::vector<at::Tensor> parts;
  for (size_t begin = 0; begin < cases.size(); begin += kCasesPerCall) {
    std::vector<Window> windows;
    for (const EvaluationCase& question : cases.subspan(begin, std::min<size_t>(kCasesPerCall, cases.size() - begin))) {
      windows.push_back(case_window(question, model_.options().max_length));
    }
    parts.push_back(encode(make_sequence_batch(dataset_, windows, model_.options().max_length, false)));
  }
  return at::cat(parts, 0);
}

CaseRanker rank_by_vectors(const VectorEncoder& encoder, const at::Tensor& item_vectors) {
  const at::Tensor catalogue = item_vectors.narrow(0, kFirstIndex, item_vectors.size(0) - kFirstIndex).contiguous();
  auto index = std::make_shared<FlatIndex>(as_span(catalogue), catalogue.size(0), catalogue.size(1));
  return [&encoder, index](const RankRequest& request) {
    const at::Tensor users = encoder.user_vectors(request.cases);  // [cases, Q, D]
    const std::vector<int32_t> exclude = to_positions(request.exclude.values), targets = to_positions(request.targets.values);
    FlatQuery query;
    query.vectors = as_span(users);
    query.num_queries = users.size(0);
    query.vectors_per_query = users.size(1);
    query.k = request.k;
    query.exclude = {request.exclude.offsets, exclude};
    query.targets = {request.targets.offsets, targets};
    if (!request.allowed.empty()) query.allowed = request.allowed.subspan(kFirstIndex);
    FlatResult result = index->search(query);
    for (int32_t& position : result.positions) position = position < 0 ? -1 : position + kFirstIndex;
    return result;
  };
}

}  // namespace rechub
