#include "rechub/data/feature_overrides.h"

#include <algorithm>
#include <optional>

#include "rechub/base/error.h"
#include "rechub/base/mapped_file.h"
#include "rechub/base/registry.h"
#include "rechub/base/toml_parser.h"

namespace rechub {
namespace {

using Words = std::vector<std::string>;

struct TextKey {
  const char* key;
  std::string FeatureOverride::*field;
  Words allowed;  // empty: anything
};

const std::vector<TextKey>& text_keys() {
  static const std::vector<TextKey> kKeys = {
      {"kind", &FeatureOverride::kind, {"sparse", "multi", "dense", "buckets", "text", "ignore"}},
      {"separator", &FeatureOverride::separator, {}},
      {"pooling", &FeatureOverride::pooling, {"mean", "sum", "max"}},
      {"transform", &FeatureOverride::transform, {"standard", "log", "none"}},
      {"missing", &FeatureOverride::missing, {"refuse", "mean", "zero"}},
      {"shared_with", &FeatureOverride::shared_with, {}},
  };
  return kKeys;
}

Words all_keys() {
  Words keys = {"embed_dim", "num_buckets", "boundaries"};
  for (const TextKey& key : text_keys()) keys.emplace_back(key.key);
  return keys;
}

// One key of one feature; `where` is "FILE, line N: [features.NAME] KEY".
class KeyReader {
 public:
  KeyReader(FeatureOverride& feature, const std::string& where) : feature_(feature), where_(where) {}

  void read(const std::string& key, const toml::node& value) {
    for (const TextKey& known : text_keys()) {
      if (key == known.key) return read_text(known, value);
    }
    if (key == "embed_dim") return read_count(value, 0, feature_.embed_dim);
    if (key == "num_buckets") return read_count(value, 2, feature_.num_buckets);
    if (key == "boundaries") return read_boundaries(value);
    throw Error(ErrorKind::kUsage, where_ + ": " + unknown_name_message("key", key, all_keys()));
  }

 private:
  void read_text(const TextKey& known, const toml::node& value) {
    const auto text = value.value_exact<std::string>();
    check(text && !text->empty(), ErrorKind::kUsage, "{}: a text is expected", where_);
    const bool is_allowed = known.allowed.empty() || std::find(known.allowed.begin(), known.allowed.end(), *text) != known.allowed.end();
    if (!is_allowed) throw Error(ErrorKind::kUsage, where_ + ": " + unknown_name_message("word", *text, known.allowed));
    feature_.*known.field = *text;
  }
  void read_count(const toml::node& value, int64_t least, int64_t& field) {
    const auto number = value.value_exact<int64_t>();
    check(number && *number >= least && *number <= 1'000'000, ErrorKind::kUsage, "{}: a whole number from {} to 1000000 is expected", where_, least);
    field = *number;
  }
  void read_boundaries(const toml::node& value) {
    const toml::array* list = value.as_array();
    check(list != nullptr && !list->empty(), ErrorKind::kUsage, "{}: a list of numbers is expected, as [18, 30]", where_);
    for (const toml::node& element : *list) {
      const auto number = element.is_number() ? element.value<double>() : std::nullopt;
      check(number.has_value(), ErrorKind::kUsage, "{}: a list of numbers is expected, as [18, 30]", where_);
      check(feature_.boundaries.empty() || feature_.boundaries.back() < *number, ErrorKind::kUsage, "{}: boundaries must ascend, and {} stands before {}", where_,
            feature_.boundaries.empty() ? 0 : feature_.boundaries.back(), *number);
      feature_.boundaries.push_back(*number);
    }
  }

  FeatureOverride& feature_;
  const std::string& where_;
};

int64_t line_of(const toml::node& node) { return node.source().begin.line; }

// Keys that only mean something together with another.
void check_feature(const FeatureOverride& feature, const std::string& where) {
  const bool is_bucketed = !feature.boundaries.empty() || feature.num_buckets >= 0;
  check(!is_bucketed || feature.kind == "buckets", ErrorKind::kUsage, "{}: boundaries and num_buckets need kind = \"buckets\"", where);
  check(feature.boundaries.empty() || feature.num_buckets < 0, ErrorKind::kUsage, "{}: boundaries and num_buckets are two ways to say the same; give one of them", where);
  check(feature.kind != "buckets" || is_bucketed, ErrorKind::kUsage, "{}: kind = \"buckets\" needs boundaries = [...] or num_buckets = N", where);
  check(feature.separator.empty() || feature.kind == "multi", ErrorKind::kUsage, "{}: a separator needs kind = \"multi\"", where);
}

FeatureOverrides parse(std::string_view text, const std::string& path) {
  FeatureOverrides overrides;
  const toml::table file = toml::parse(text);
  for (const auto& [section, node] : file) {
    check(section.str() == "features" && node.is_table(), ErrorKind::kUsage, "{}, line {}: [{}] is not known here; each feature has a table [features.NAME]", path, line_of(node),
          section.str());
    for (const auto& [name, entry] : *node.as_table()) {
      const std::string table_name = fmt::format("{}, line {}: [features.{}]", path, line_of(entry), name.str());
      check(entry.is_table(), ErrorKind::kUsage, "{}: a table is expected; each feature has a table [features.NAME]", table_name);
      FeatureOverride& feature = overrides[std::string(name.str())];
      for (const auto& [key, value] : *entry.as_table()) {
        const std::string where = fmt::format("{}, line {}: [features.{}] {}", path, line_of(value), name.str(), key.str());
        KeyReader(feature, where).read(std::string(key.str()), value);
      }
      check_feature(feature, table_name);
    }
  }
  return overrides;
}

}  // namespace

FeatureOverrides read_feature_overrides(const std::string& path) {
  if (path.empty()) return {};
  const MappedFile file = MappedFile::open(path);
  try {
    return parse({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path);
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::kUsage, "{}, line {}: not valid TOML: {}", path, error.source().begin.line, error.description());
  }
}

}  // namespace rechub
