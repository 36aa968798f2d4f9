#include "rechub/matching/match_export.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/data/vocabulary.h"
#include "rechub/export/graph_builder.h"
#include "rechub/export/towers.h"
#include "rechub/matching/item_table.h"
#include "rechub/models/batch_assembly.h"

namespace rechub::matching {
namespace {

constexpr const char* kRows = "rows";

// The items that the user tower's graph knows: those of the catalogue, then every other id.
struct KnownItems {
  Dataset dataset;
  std::vector<int64_t> row_of_id;
};

KnownItems know_items(const FeatureLayout& layout, const Columns* catalogue) {
  ItemTable items(layout);
  std::vector<int64_t> row_of_id;
  if (layout.history) {
    if (catalogue) items.add(*catalogue, "x_all_item");
    for (int64_t id = 0; id < layout.history->vocab_size; ++id) row_of_id.push_back(items.find_or_add(static_cast<int32_t>(id) + kFirstIndex));
  }
  DatasetParts parts;
  parts.user_rows = kFirstIndex;
  parts.user_begin = {0, 0, 0};
  parts.item_rows = items.rows();
  parts.user_features = empty_features(layout.user);
  parts.item_features = items.take();
  return {Dataset::from_memory(std::move(parts)), std::move(row_of_id)};
}

// Adds the columns of features to a graph and turns them into what the engine's towers take.
class ColumnInputs {
 public:
  explicit ColumnInputs(GraphBuilder& graph) : graph_(graph) {}

  std::vector<std::string> take() { return std::move(names_); }

  void add(const LaidOutFeature& feature) {
    const std::string& name = feature.spec.name;
    if (feature.spec.kind == FeatureKind::kDense) {
      names_.push_back(graph_.input({name, at::kFloat, {kRows, feature.spec.width}}));
    } else if (feature.spec.kind == FeatureKind::kSparse) {
      names_.push_back(code_of(graph_.input({name, at::kLong, {kRows}})));
    } else {
      add_list(name, [&](const std::string& ids) { return code_of(ids); });
    }
  }

  void add_history(const std::string& name, const std::vector<int64_t>& row_of_id) {
    const std::string rows = graph_.constant(at::tensor(row_of_id, at::kLong), "row_of_id");
    add_list(name, [&](const std::string& ids) { return graph_.add("Gather", {rows, ids}, {{"axis", int64_t{0}}}); });
  }

 private:
  std::string code_of(const std::string& ids) { return graph_.add("Add", {ids, graph_.scalar(kFirstIndex, at::kLong)}); }
  std::string count(const std::string& ones, int64_t keep_axis) { return graph_.add("ReduceSum", {ones, graph_.integers({1})}, {{"keepdims", keep_axis}}); }
  std::string running_count(const std::string& ones) { return graph_.add("CumSum", {ones, graph_.scalar(1, at::kLong)}); }

  // A list with zeros at either end as one that begins with its first id, and its length.
  template <class CodeOf>
  void add_list(const std::string& name, CodeOf&& code) {
    const std::string ids = graph_.input({name, at::kLong, {kRows, name + "_length"}}), zero = graph_.scalar(0, at::kLong), one = graph_.scalar(1, at::kLong);
    const std::string is_id = graph_.cast(graph_.add("Not", {graph_.add("Equal", {ids, zero})}), at::kLong);          // [B, L]
    const std::string leading = count(graph_.cast(graph_.add("Equal", {running_count(is_id), zero}), at::kLong), 1);  // [B, 1]
    const std::string ones = graph_.add("Add", {graph_.add("Mul", {ids, zero}), one});                                // [B, L]
    const std::string last = graph_.add("Sub", {count(ones, 1), one});                                                // [B, 1]
    const std::string place = graph_.add("Min", {graph_.add("Add", {leading, graph_.add("Sub", {running_count(ones), one})}), last});
    names_.push_back(code(graph_.add("GatherElements", {ids, place}, {{"axis", int64_t{1}}})));
    names_.push_back(count(is_id, 0));  // [B]
  }

  GraphBuilder& graph_;
  std::vector<std::string> names_;
};

// One vector a row has no axis of vectors.
void add_user_vectors(GraphBuilder& graph, const std::string& vectors, at::IntArrayRef sizes) {
  if (sizes[1] == 1) {
    graph.output(graph.squeeze(vectors, 1), {"user_vectors", at::kFloat, {kRows, sizes[2]}});
  } else {
    graph.output(vectors, {"user_vectors", at::kFloat, {kRows, sizes[1], sizes[2]}});
  }
}

void add_item_vectors(GraphBuilder& graph, const std::string& vectors, at::IntArrayRef sizes) { graph.output(vectors, {"item_vectors", at::kFloat, {kRows, sizes[1]}}); }

OnnxModel user_graph(const MatchModel& model, const Columns* catalogue) {
  const FeatureLayout& layout = model.layout();
  const KnownItems items = know_items(layout, catalogue);
  const BatchAssembler assembler(items.dataset, false, false);
  Schema schema = layout.schema();
  schema.item_rows = items.dataset.item_rows();
  const TowerExporter exporter(model.model(), schema, model.parameters(), assembler.items(0, items.dataset.item_rows()));
  const auto add_inputs = [&](GraphBuilder& graph) {
    ColumnInputs inputs(graph);
    if (layout.history) inputs.add_history(layout.history->spec.name, items.row_of_id);
    for (const LaidOutFeature& feature : layout.user) inputs.add(feature);
    return inputs.take();
  };
  return exporter.user_tower(add_inputs, add_user_vectors);
}

OnnxModel item_graph(const MatchModel& model) {
  const TowerExporter exporter(model.model(), model.layout().schema(), model.parameters(), {});
  const auto add_inputs = [&](GraphBuilder& graph) {
    ColumnInputs inputs(graph);
    for (const LaidOutFeature& feature : model.layout().item) inputs.add(feature);
    return inputs.take();
  };
  return exporter.item_tower(add_inputs, add_item_vectors);
}

}  // namespace

void export_tower(const MatchModel& model, const std::string& mode, const Columns* catalogue, const std::string& path) {
  check(mode == "user" || mode == "item", ErrorKind::kUsage, "mode should be user or item, got '{}': the two towers are graphs of their own", mode);
  write_onnx(path, mode == "user" ? user_graph(model, catalogue) : item_graph(model));
}

}  // namespace rechub::matching
