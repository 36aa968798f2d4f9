#include "rechub/data/feature_table.h"

#include <type_traits>

#include <nlohmann/json.hpp>

#include "rechub/base/json_file.h"
#include "rechub/base/registry.h"

namespace rechub {
namespace {

const std::vector<std::string> kKindNames = {"sparse", "multi", "dense"};      // in the order of FeatureKind
const std::vector<std::string> kRoleNames = {"static", "context", "history"};  // in the order of EventRole

int64_t index_of(const std::string& name, const std::vector<std::string>& known, const std::string& what, const std::string& source) {
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i] == name) return static_cast<int64_t>(i);
  }
  throw Error(ErrorKind::kData, source + ": " + unknown_name_message(what, name, known));
}

template <class T>
std::vector<T> list_field(const nlohmann::json& object, const char* key, const std::string& source) {
  try {
    return json_field<nlohmann::json>(object, key, source).get<std::vector<T>>();
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::kData, "{}: \"{}\" must be a list of {}", source, key, std::is_same_v<T, double> ? "numbers" : "texts");
  }
}

}  // namespace

nlohmann::json feature_spec_to_json(const FeatureSpec& spec) {
  return {{"name", spec.name},
          {"kind", kKindNames[static_cast<size_t>(spec.kind)]},
          {"role", kRoleNames[static_cast<size_t>(spec.role)]},
          {"space", spec.space},
          {"rows", spec.rows},
          {"width", spec.width},
          {"embed_dim", spec.embed_dim},
          {"pooling", spec.pooling},
          {"transform", spec.transform},
          {"missing", spec.missing},
          {"encoding", spec.encoding},
          {"separator", spec.separator},
          {"inputs", spec.inputs},
          {"boundaries", spec.boundaries}};
}

FeatureSpec feature_spec_from_json(const nlohmann::json& object, const std::string& source) {
  FeatureSpec spec;
  spec.name = json_field<std::string>(object, "name", source);
  spec.kind = static_cast<FeatureKind>(index_of(json_field<std::string>(object, "kind", source), kKindNames, "feature kind", source));
  spec.role = static_cast<EventRole>(index_of(json_field<std::string>(object, "role", source), kRoleNames, "feature role", source));
  spec.space = json_field<std::string>(object, "space", source);
  spec.rows = json_field<int64_t>(object, "rows", source);
  spec.width = json_field<int64_t>(object, "width", source);
  spec.embed_dim = json_field<int64_t>(object, "embed_dim", source);
  spec.pooling = json_field<std::string>(object, "pooling", source);
  spec.transform = json_field<std::string>(object, "transform", source);
  spec.missing = json_field<std::string>(object, "missing", source);
  spec.encoding = json_field<std::string>(object, "encoding", source);
  spec.separator = json_field<std::string>(object, "separator", source);
  spec.inputs = list_field<std::string>(object, "inputs", source);
  spec.boundaries = list_field<double>(object, "boundaries", source);
  check(spec.rows >= 0 && spec.width > 0 && spec.embed_dim >= 0, ErrorKind::kData, "{}: feature '{}' has a negative size", source, spec.name);
  return spec;
}

}  // namespace rechub
