#include "rechub/serve/openapi.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/serve/embedded.h"

namespace rechub {
namespace {

using nlohmann::json;

constexpr double kLargestFloat = std::numeric_limits<float>::max();
const json kNumber = {{"type", {"number", "null"}}, {"minimum", -kLargestFloat}, {"maximum", kLargestFloat}};
const json kValue = {{"type", {"string", "integer", "boolean", "null"}}, {"minimum", std::numeric_limits<int64_t>::min()}, {"maximum", std::numeric_limits<uint64_t>::max()}};

// What a request may say of one feature (given_values.h).
json schema_of(const FeatureSpec& spec) {
  if (spec.kind == FeatureKind::kDense && spec.width > 1) {
    const json number = {{"type", "number"}, {"minimum", -kLargestFloat}, {"maximum", kLargestFloat}};
    return {{"type", "array"}, {"items", number}, {"minItems", spec.width}, {"maxItems", spec.width}};
  }
  if (spec.kind == FeatureKind::kDense || spec.encoding == "buckets") return kNumber;
  if (spec.kind == FeatureKind::kSparse) return kValue;
  const json element = spec.encoding == "trigrams" ? json{{"type", {"string", "null"}}} : kValue;
  return {{"oneOf", {element, {{"type", "array"}, {"items", element}}}}};
}

// What several bundles know has to suit them all.
void add_schema(const std::string& name, const json& schema, json& object) {
  json& place = object["properties"][name];
  if (place.is_null()) {
    place = schema;
  } else if (place.contains("allOf") && std::find(place["allOf"].begin(), place["allOf"].end(), schema) == place["allOf"].end()) {
    place["allOf"].push_back(schema);
  } else if (!place.contains("allOf") && place != schema) {
    place = {{"allOf", {place, schema}}};
  }
}

void add(const FeatureSpec& spec, json& object) {
  if (spec.encoding != "cross") add_schema(spec.name, schema_of(spec), object);
}

json closed_object() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", json::object()}}; }

// What PUT takes: a vector of a bundle's width, features of one bundle, or, without "channel", features of any. A service with one bundle needs no "channel".
json item_schemas(const Recall& recall, const json& templates) {
  json vectors = json::array(), of_one = json::array(), of_any = templates[1];
  const bool is_alone = recall.num_models() == 1;
  json any = closed_object();
  for (size_t i = 0; i < recall.num_models(); ++i) {
    const Encoder& encoder = recall.model(i).encoder();
    json vector = templates[0], features = templates[1], own = closed_object();
    for (json* item : {&vector, &features}) {
      (*item)["properties"]["channel"]["enum"] = json::array({recall.channel_names()[i]});
      if (!is_alone) (*item)["required"].push_back("channel");
    }
    const double largest = 0.99 * kLongestVector / std::sqrt(static_cast<double>(encoder.dim()));  // of one number, so that no vector of such is too long
    vector["properties"]["vector"].update({{"minItems", encoder.dim()}, {"maxItems", encoder.dim()}});
    vector["properties"]["vector"]["items"].update({{"minimum", -largest}, {"maximum", largest}});
    vectors.push_back(std::move(vector));
    for (const FeatureColumn& column : encoder.dataset().item_features()) add(column.spec, own), add(column.spec, any);
    features["properties"]["features"].update(own);
    if (!encoder.dataset().item_features().empty()) of_one.push_back(std::move(features));
  }
  json all = std::move(vectors);
  const bool is_any = !is_alone && !of_one.empty();
  for (json& item : of_one) all.push_back(std::move(item));
  of_any["properties"]["features"].update(any);
  of_any["properties"].erase("channel");
  if (is_any) all.push_back(std::move(of_any));
  return all;
}

}  // namespace

std::string openapi_document(const Recall& recall, const Experiments& experiments) {
  json document = json::parse(kOpenApi);
  json& schemas = document["components"]["schemas"];
  json& recommend = schemas["RecommendRequest"]["properties"];
  json user = closed_object(), sequences = closed_object();
  for (size_t i = 0; i < recall.num_models(); ++i) {
    const Dataset& dataset = recall.model(i).encoder().dataset();
    for (const FeatureColumn& column : dataset.user_features()) add(column.spec, user);
    for (const FeatureColumn& column : dataset.event_features()) {
      if (column.spec.role == EventRole::kContext) add(column.spec, user);
    }
    for (const NamedSequence& sequence : dataset.sequences()) add_schema(sequence.spec.name, {{"type", "array"}, {"items", kValue}}, sequences);
  }
  recommend["features"].update(user);
  recommend["sequences"].update(sequences);
  recommend["channels"]["items"]["enum"] = recall.channel_names();
  json models = json::array(), varied = json::array();
  for (size_t i = 0; i < recall.num_models(); ++i) models.push_back(recall.channel_names()[i]);
  schemas["SimilarRequest"]["properties"]["channel"]["enum"] = models;
  for (const FeatureColumn& column : recall.described_dataset().item_features()) {
    if (column.spec.kind == FeatureKind::kSparse) varied.push_back(column.spec.name);
  }
  if (varied.empty()) {
    recommend.erase("diversity");
  } else {
    recommend["diversity"]["properties"]["feature"]["enum"] = varied;
  }
  json arms = closed_object();
  for (const Experiment& experiment : experiments.list()) {
    for (const Arm& arm : experiment.arms) arms["properties"][experiment.name]["enum"].push_back(arm.name);
  }
  recommend["arms"].update(arms);
  json& items = schemas["Item"]["oneOf"];
  items = item_schemas(recall, json(items));
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace rechub
