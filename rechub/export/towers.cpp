#include "rechub/export/towers.h"

#include <limits>

#include <ATen/ATen.h>

#include "rechub/data/vocabulary.h"
#include "rechub/export/emission.h"
#include "rechub/export/traced_graph.h"

namespace rechub {
namespace {

constexpr const char* kBatch = "batch";

std::vector<std::string> add_inputs(const std::vector<TowerInput>& inputs, GraphBuilder& graph) {
  std::vector<std::string> names;
  for (const TowerInput& input : inputs) names.push_back(graph.input(input.value));
  return names;
}

// A tower's vectors in a graph.
struct EmittedVectors {
  std::string name;
  std::vector<int64_t> sizes;  // of an example
};

EmittedVectors emit_users(const Model& model, const ParameterSet& parameters, const ItemBatch& items, const UserTowerInputs& layout, NamedConstants constants, GraphBuilder& graph,
                          const std::vector<std::string>& inputs) {
  const TraceExamples examples = make_examples(layout.inputs());
  UserBatch batch;
  batch.items = items;
  EncodeContext encoded;
  const TracedFunction encode = [&](const std::vector<at::Tensor>& values) -> std::vector<at::Tensor> {
    layout.fill(values, batch);
    EncodeContext context;
    context.leaves = parameters.whole_tables();
    context.encoded_items = encoded.encoded_items;
    const at::Tensor vectors = model.encode_users(batch, context).vectors;
    encoded.encoded_items = context.encoded_items;
    return {vectors};
  };
  at::NoGradGuard no_grad;
  const at::Tensor vectors = encode(examples.small)[0];  // not traced: encodes the items once and for all
  for (const auto& [key, table] : encoded.encoded_items) constants.emplace_back("encoded_items", table);
  const auto traced = trace_for_all_sizes(encode, examples, constants);
  return {emit_graph(*traced, inputs, graph)[0], vectors.sizes().vec()};
}

// -inf for the rows that are no items.
at::Tensor reserved_rows_bias(int64_t rows) {
  at::Tensor bias = at::zeros({rows}, at::kFloat);
  bias.narrow(0, 0, kFirstIndex).fill_(-std::numeric_limits<float>::infinity());
  return bias;
}

}  // namespace

TowerExporter::TowerExporter(const Model& model, const Schema& schema, const ParameterSet& parameters, ItemBatch items)
    : model_(model), parameters_(parameters), items_(std::move(items)), user_inputs_(schema, model.options()), item_inputs_(schema) {}

NamedConstants TowerExporter::parameters() const {
  NamedConstants constants;
  for (const DenseParameter& parameter : parameters_.dense()) constants.emplace_back(parameter.name, parameter.value);
  for (const TableParameter& table : parameters_.tables()) constants.emplace_back(table.name, table.values);
  return constants;
}

OnnxModel TowerExporter::user_tower(const InputAdapter& inputs, const OutputAdapter& output) const {
  GraphBuilder graph("user_tower");
  const auto names = inputs ? inputs(graph) : add_inputs(user_inputs_.inputs(), graph);
  const EmittedVectors users = emit_users(model_, parameters_, items_, user_inputs_, parameters(), graph, names);
  if (output) {
    output(graph, users.name, users.sizes);
  } else {
    graph.output(users.name, {"user_vectors", at::kFloat, {kBatch, users.sizes[1], users.sizes[2]}});
  }
  return graph.finish();
}

OnnxModel TowerExporter::item_tower(const InputAdapter& inputs, const OutputAdapter& output) const {
  const TraceExamples examples = make_examples(item_inputs_.inputs());
  const TracedFunction encode = [&](const std::vector<at::Tensor>& values) -> std::vector<at::Tensor> {
    EncodeContext context;
    context.leaves = parameters_.whole_tables();
    return {model_.encode_items(item_inputs_.batch(values), context)};
  };
  at::NoGradGuard no_grad;
  const at::Tensor example = encode(examples.small)[0];
  GraphBuilder graph("item_tower");
  const auto traced = trace_for_all_sizes(encode, examples, parameters());
  const std::string vectors = emit_graph(*traced, inputs ? inputs(graph) : add_inputs(item_inputs_.inputs(), graph), graph)[0];
  if (output) {
    output(graph, vectors, example.sizes());
  } else {
    graph.output(vectors, {"item_vectors", at::kFloat, {"items", example.size(1)}});
  }
  return graph.finish();
}

OnnxModel TowerExporter::retrieval(const at::Tensor& item_vectors) const {
  GraphBuilder graph("retrieval");
  const EmittedVectors users = emit_users(model_, parameters_, items_, user_inputs_, parameters(), graph, add_inputs(user_inputs_.inputs(), graph));
  const std::string exclude = graph.input({"exclude", at::kLong, {kBatch, "excluded"}}), k = graph.input({"k", at::kLong, {int64_t{1}}});
  const int64_t rows = item_vectors.size(0);
  const std::string lowest = graph.scalar(-std::numeric_limits<double>::infinity(), at::kFloat);

  std::string scores = graph.add("MatMul", {users.name, graph.constant(item_vectors.t().contiguous(), "item_vectors")});  // [B, Q, V]
  if (users.sizes[1] == 1) {
    scores = graph.squeeze(scores, 1);  // [B, V]
  } else {
    scores = graph.add("ReduceMax", {scores}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}});
  }
  scores = graph.add("Add", {scores, graph.constant(reserved_rows_bias(rows), "reserved_rows")});
  scores = graph.add("ScatterElements", {scores, exclude, graph.add("Expand", {lowest, graph.add("Shape", {exclude})})}, {{"axis", int64_t{1}}});
  const std::string most = graph.add("Min", {k, graph.integers({rows - kFirstIndex})});
  const auto best = graph.add_many("TopK", {scores, most}, 2, {{"axis", int64_t{1}}, {"largest", int64_t{1}}, {"sorted", int64_t{1}}});
  const std::string is_none = graph.add("IsInf", {best[0]});
  graph.output(graph.add("Where", {is_none, graph.scalar(-1, at::kLong), best[1]}), {"items", at::kLong, {kBatch, "k_found"}});
  graph.output(best[0], {"scores", at::kFloat, {kBatch, "k_found"}});
  return graph.finish();
}

}  // namespace rechub
