#include "rechub/matching/feature_layout.h"

#include <cmath>
#include <map>
#include <set>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/data/vocabulary.h"

namespace rechub::matching {
namespace {

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Match(Cases...) -> Match<Cases...>;

// The engine's own spaces are called items and users: those of features never are.
std::string space_of(const std::string& feature) { return "feature:" + feature; }

LaidOutFeature embedded(FeatureKind kind, const std::string& name, int64_t vocab_size, int64_t embed_dim) {
  check(vocab_size >= 1 && vocab_size <= INT32_MAX - kFirstIndex, ErrorKind::kUsage, "{}: vocab_size should be from 1 to {}, got {}", name, INT32_MAX - kFirstIndex, vocab_size);
  check(embed_dim >= 0, ErrorKind::kUsage, "{}: embed_dim should be 1 or more, or 0 to leave it to vocab_size, got {}", name, embed_dim);
  LaidOutFeature feature;
  feature.vocab_size = vocab_size;
  feature.spec.name = name;
  feature.spec.kind = kind;
  feature.spec.space = space_of(name);
  feature.spec.rows = vocab_size + kFirstIndex;
  feature.spec.embed_dim = embed_dim > 0 ? embed_dim : static_cast<int64_t>(std::floor(6 * std::pow(static_cast<double>(vocab_size), 0.25)));
  return feature;
}

LaidOutFeature dense(const DenseFeature& feature) {
  check(feature.embed_dim >= 1, ErrorKind::kUsage, "{}: embed_dim of a DenseFeature is how many numbers a row has, 1 or more, got {}", feature.name, feature.embed_dim);
  LaidOutFeature out;
  out.spec.name = feature.name;
  out.spec.kind = FeatureKind::kDense;
  out.spec.width = feature.embed_dim;
  return out;
}

std::string pooling_of(const SequenceFeature& feature, bool reads_list) {
  if (feature.pooling.empty() || (reads_list && feature.pooling == "concat")) return "mean";
  check(feature.pooling == "mean" || feature.pooling == "sum" || feature.pooling == "max", ErrorKind::kUsage, "{}: pooling should be mean, sum or max, got '{}'", feature.name,
        feature.pooling);
  return feature.pooling;
}

class Planner {
 public:
  Planner(const std::vector<Feature>& user_features, const std::vector<Feature>& item_features, bool reads_list, const std::string& model)
      : user_features_(user_features), item_features_(item_features), reads_list_(reads_list), model_(model) {}

  FeatureLayout plan() {
    check(!item_features_.empty(), ErrorKind::kUsage, "{}: item_features is empty: name at least the feature of the item's id", model_);
    check(!user_features_.empty(), ErrorKind::kUsage, "{}: user_features is empty: name at least one feature of the user", model_);
    for (const Feature& feature : item_features_) layout_.item.push_back(plan_feature(feature));
    for (const Feature& feature : user_features_) plan_user_feature(feature);
    for (std::vector<LaidOutFeature>* side : {&layout_.item, &layout_.user}) {
      for (LaidOutFeature& feature : *side) share(feature);
    }
    check(layout_.history || !reads_list_, ErrorKind::kUsage,
          "{} reads a history, but user_features has no SequenceFeature of item ids: add one with shared_with the item's id feature, or of its vocab_size and embed_dim", model_);
    return layout_;
  }

 private:
  LaidOutFeature plan_feature(const Feature& feature) {
    const std::string& name = name_of(feature);
    check(!name.empty(), ErrorKind::kUsage, "{}: a feature has no name", model_);
    check(names_.insert(name).second, ErrorKind::kUsage, "{}: two features are called '{}'", model_, name);
    return std::visit(Match{[&](const SparseFeature& sparse) {
                              if (!sparse.shared_with.empty()) shared_[name] = sparse.shared_with;
                              return embedded(FeatureKind::kSparse, name, sparse.vocab_size, sparse.embed_dim);
                            },
                            [&](const DenseFeature& numbers) { return dense(numbers); },
                            [&](const SequenceFeature& list) {
                              if (!list.shared_with.empty()) shared_[name] = list.shared_with;
                              LaidOutFeature out = embedded(FeatureKind::kMulti, name, list.vocab_size, list.embed_dim);
                              out.spec.pooling = pooling_of(list, reads_list_);
                              return out;
                            }},
                      feature);
  }

  void plan_user_feature(const Feature& feature) {
    LaidOutFeature planned = plan_feature(feature);
    const auto* list = std::get_if<SequenceFeature>(&feature);
    const int64_t item = list && !layout_.history ? item_of_history(*list, planned) : -1;
    if (item < 0) {
      layout_.user.push_back(std::move(planned));
      return;
    }
    const LaidOutFeature& id = layout_.item[item];
    if (list->shared_with.empty()) log_info("{}: the history '{}' is read with the items of '{}', whose vocab_size and embed_dim it has", model_, list->name, id.spec.name);
    check_alike(planned, id);
    layout_.history_pooling = planned.spec.pooling;
    layout_.item_id = item;
    layout_.history = std::move(planned);
  }

  // The item feature whose ids the list holds, -1 where it is none.
  int64_t item_of_history(const SequenceFeature& list, const LaidOutFeature& planned) const {
    for (size_t i = 0; i < layout_.item.size(); ++i) {
      const LaidOutFeature& item = layout_.item[i];
      if (item.spec.kind != FeatureKind::kSparse) continue;
      const bool is_named = list.shared_with == item.spec.name;
      const bool is_alike = list.shared_with.empty() && item.vocab_size == planned.vocab_size && item.spec.embed_dim == planned.spec.embed_dim;
      if (is_named || is_alike) return static_cast<int64_t>(i);
    }
    return -1;
  }

  void check_alike(const LaidOutFeature& feature, const LaidOutFeature& with) const {
    check(feature.vocab_size == with.vocab_size && feature.spec.embed_dim == with.spec.embed_dim, ErrorKind::kUsage,
          "'{}' shares the table of '{}', so vocab_size and embed_dim should be the same, got {} and {} beside {} and {}", feature.spec.name, with.spec.name, feature.vocab_size,
          feature.spec.embed_dim, with.vocab_size, with.spec.embed_dim);
  }

  void share(LaidOutFeature& feature) {
    const auto named = shared_.find(feature.spec.name);
    if (named == shared_.end()) return;
    const LaidOutFeature* with = find(named->second);
    check(with && with != &feature && with->spec.kind != FeatureKind::kDense && !shared_.count(named->second), ErrorKind::kUsage,
          "'{}': shared_with names '{}', which is no embedded feature with a table of its own", feature.spec.name, named->second);
    check_alike(feature, *with);
    feature.spec.space = with->spec.space;
  }

  const LaidOutFeature* find(const std::string& name) const {
    for (const std::vector<LaidOutFeature>* side : {&layout_.item, &layout_.user}) {
      for (const LaidOutFeature& feature : *side) {
        if (feature.spec.name == name) return &feature;
      }
    }
    return nullptr;
  }

  const std::vector<Feature>&user_features_, &item_features_;
  bool reads_list_;
  const std::string& model_;
  FeatureLayout layout_;
  std::set<std::string> names_;
  std::map<std::string, std::string> shared_;  // feature -> the one whose table it uses
};

}  // namespace

const std::string& name_of(const Feature& feature) {
  return std::visit([](const auto& one) -> const std::string& { return one.name; }, feature);
}

int64_t FeatureLayout::item_width() const {
  int64_t width = 0;
  for (const LaidOutFeature& feature : item) width += feature.spec.kind == FeatureKind::kDense ? feature.spec.width : feature.spec.embed_dim;
  return width;
}

Schema FeatureLayout::schema() const {
  Schema schema;
  schema.has_item_ids = false;
  schema.has_history = history.has_value();
  for (const LaidOutFeature& feature : item) schema.item.push_back(feature.spec);
  for (const LaidOutFeature& feature : user) schema.user.push_back(feature.spec);
  return schema;
}

FeatureLayout lay_out_features(const std::vector<Feature>& user_features, const std::vector<Feature>& item_features, bool reads_list, const std::string& model) {
  return Planner(user_features, item_features, reads_list, model).plan();
}

}  // namespace rechub::matching
