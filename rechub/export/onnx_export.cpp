#include "rechub/export/onnx_export.h"

#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/json_file.h"
#include "rechub/export/towers.h"
#include "rechub/models/batch_assembly.h"

namespace rechub {
namespace {

using nlohmann::json;

json dimensions(const OnnxValue& value) {
  json out = json::array();
  for (const auto& size : value.shape) {
    if (const auto* name = std::get_if<std::string>(&size)) out.push_back(*name);
    if (const auto* number = std::get_if<int64_t>(&size)) out.push_back(*number);
  }
  return out;
}

// What the reader of a graph needs besides its inputs.
json describe_model(const Bundle& bundle) {
  const ModelOptions& options = bundle.model().options();
  return {
      {"model", bundle.config().model},
      {"similarity", options.similarity},
      {"temperature", options.temperature},
      {"max_length", options.max_length},
      {"dim", options.dim},
      {"item_rows", bundle.dataset().item_rows()},
      {"codes", {{"padding", kPaddingIndex}, {"unknown", kUnknownIndex}, {"first", kFirstIndex}}},
      {"histories", fmt::format("item rows, oldest first; unknown items are left out; of more than {} events the newest {} count; what lies behind a row's length is never read",
                                options.max_length, options.max_length)},
      {"missing", "an unknown or missing code is 1, a missing number NaN (it counts as the training mean), a missing list has length 0"},
      {"score", "the dot product of a user vector and an item vector, the maximum over a user's vectors; before the temperature"}};
}

json describe_inputs(const std::vector<TowerInput>& inputs) {
  json out = json::array();
  for (const TowerInput& input : inputs) {
    json description = input.description;
    description["shape"] = dimensions(input.value);
    description["type"] = input.value.type == at::kLong ? "int64" : "float32";
    out.push_back(std::move(description));
  }
  return out;
}

json extra_retrieval_inputs() {
  return {{{"input", "exclude"}, {"of", "request"}, {"space", kItemSpace}, {"kind", "multi"}, {"shape", {"batch", "excluded"}}, {"type", "int64"}},
          {{"input", "k"}, {"of", "request"}, {"kind", "count"}, {"shape", {1}}, {"type", "int64"}}};
}

void set_metadata(OnnxModel& model, const json& description, const json& inputs) {
  model.metadata.emplace_back("rechub.format", std::to_string(kOnnxFormatVersion));
  for (const auto& [key, value] : description.items()) model.metadata.emplace_back("rechub." + key, value.is_string() ? value.get<std::string>() : value.dump());
  model.metadata.emplace_back("rechub.inputs", inputs.dump());
}

json values_of(const Vocabulary& vocabulary) {
  json values = json::array({nullptr, nullptr});
  for (int32_t row = kFirstIndex; row < vocabulary.rows(); ++row) {
    if (const auto number = vocabulary.integer(row)) {
      values.push_back(*number);
    } else {
      values.push_back(vocabulary.text(row));
    }
  }
  return values;
}

// The vocabularies that some inputs' codes come from.
json vocabularies_of(const Dataset& dataset, const json& inputs) {
  json vocabularies = json::object();
  for (const json& input : inputs) {
    const std::string space = input.value("space", ""), encoding = input.value("encoding", "value");
    if (space.empty() || vocabularies.contains(space) || (encoding != "value" && encoding != "cross")) continue;
    vocabularies[space] = values_of(dataset.space(space));
  }
  return vocabularies;
}

}  // namespace

void export_onnx(const Bundle& bundle, const std::string& directory, int64_t inline_bytes) {
  const Dataset& dataset = bundle.dataset();
  const BatchAssembler assembler(dataset, false, false);
  const TowerExporter exporter(bundle.model(), make_schema(dataset), bundle.parameters(), assembler.items(0, dataset.item_rows()));
  json description = describe_model(bundle);
  const json user_inputs = describe_inputs(exporter.user_inputs().inputs()), item_inputs = describe_inputs(exporter.item_inputs().inputs());
  json retrieval_inputs = user_inputs;
  for (const json& input : extra_retrieval_inputs()) retrieval_inputs.push_back(input);
  const auto write = [&](OnnxModel model, const json& inputs) {
    set_metadata(model, description, inputs);
    write_onnx(directory + "/" + model.name + ".onnx", model, inline_bytes);
  };
  write(exporter.user_tower(), user_inputs);
  write(exporter.item_tower(), item_inputs);
  write(exporter.retrieval(bundle.item_vectors()), retrieval_inputs);
  description["graphs"] = {{"user_tower", user_inputs}, {"item_tower", item_inputs}, {"retrieval", retrieval_inputs}};
  write_json(directory + "/encoding.json", description);
  json all_inputs = user_inputs;
  for (const json& input : item_inputs) all_inputs.push_back(input);
  write_json(directory + "/vocabularies.json", vocabularies_of(dataset, all_inputs));
}

}  // namespace rechub
