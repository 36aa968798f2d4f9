#include "rechub/serve/openapi.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/serve/embedded.h"

namespace rechub {
namespace {

using nlohmann::json;

const json kNumber = {{"type", {"number", "null"}}, {"minimum", -1e38}, {"maximum", 1e38}};
const json kValue = {{"type", {"string", "integer", "boolean", "null"}}, {"minimum", std::numeric_limits<int64_t>::min()}, {"maximum", std::numeric_limits<uint64_t>::max()}};

// What a request may say of one feature (given_values.h).
json schema_of(const FeatureSpec& spec) {
  if (spec.kind == FeatureKind::kDense && spec.width > 1) {
    const json number = {{"type", "number"}, {"minimum", -1e38}, {"maximum", 1e38}};
    return {{"type", "array"}, {"items", number}, {"minItems", spec.width}, {"maxItems", spec.width}};
  }
  if (spec.kind == FeatureKind::kDense || spec.encoding == "buckets") return kNumber;
  if (spec.kind == FeatureKind::kSparse) return kValue;
  const json element = spec.encoding == "trigrams" ? json{{"type", {"string", "null"}}} : kValue;
  return {{"oneOf", {element, {{"type", "array"}, {"items", element}}}}};
}

void add(const FeatureSpec& spec, json& object) {
  if (spec.encoding != "cross") object["properties"][spec.name] = schema_of(spec);
}

json closed_object() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", json::object()}}; }

}  // namespace

std::string openapi_document(const Recall& recall, const Experiments& experiments) {
  json document = json::parse(kOpenApi);
  json& schemas = document["components"]["schemas"];
  json& recommend = schemas["RecommendRequest"]["properties"];
  const Dataset& dataset = recall.dataset();
  json user = closed_object(), sequences = closed_object();
  for (const FeatureColumn& column : dataset.user_features()) add(column.spec, user);
  for (const FeatureColumn& column : dataset.event_features()) {
    if (column.spec.role == EventRole::kContext) add(column.spec, user);
  }
  for (const NamedSequence& sequence : dataset.sequences()) sequences["properties"][sequence.spec.name] = {{"type", "array"}, {"items", kValue}};
  recommend["features"].update(user);
  recommend["sequences"].update(sequences);
  recommend["channels"]["items"]["enum"] = recall.channel_names();
  json models = json::array(), varied = json::array();
  for (size_t i = 0; i < recall.num_models(); ++i) models.push_back(recall.channel_names()[i]);
  schemas["SimilarRequest"]["properties"]["channel"]["enum"] = models;
  for (const FeatureColumn& column : dataset.item_features()) {
    if (column.spec.kind == FeatureKind::kSparse) varied.push_back(column.spec.name);
  }
  if (varied.empty()) {
    recommend.erase("diversity");
  } else {
    recommend["diversity"]["properties"]["feature"]["enum"] = varied;
  }
  json arms = closed_object(), item_features = closed_object();
  for (const Experiment& experiment : experiments.list()) {
    for (const Arm& arm : experiment.arms) arms["properties"][experiment.name]["enum"].push_back(arm.name);
  }
  recommend["arms"].update(arms);
  // Several bundles have each their own features and widths.
  json& items = schemas["Item"]["oneOf"];
  for (json& item : items) item["properties"]["channel"]["enum"] = models;
  int64_t widest = 1;
  for (size_t i = 0; i < recall.num_models(); ++i) widest = std::max(widest, recall.model(i).encoder().dim());
  const double largest = 0.99 * kLongestVector / std::sqrt(static_cast<double>(widest));  // of one number, so that no vector of such is too long
  items[0]["properties"]["vector"]["items"].update({{"minimum", -largest}, {"maximum", largest}});
  if (recall.num_models() > 1) return document.dump(2, ' ', false, json::error_handler_t::replace);
  items[0]["properties"]["vector"].update({{"minItems", recall.model(0).encoder().dim()}, {"maxItems", recall.model(0).encoder().dim()}});
  for (const FeatureColumn& column : dataset.item_features()) add(column.spec, item_features);
  items[1]["properties"]["features"].update(item_features);
  if (dataset.item_features().empty()) items.erase(1);
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace rechub
