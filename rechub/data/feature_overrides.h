#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rechub {

// What a person says of a feature in the TOML file named by PrepareOptions::features:
//
//     [features.genres]
//     kind = "multi"            # sparse, multi, dense, buckets, text or ignore
//     separator = "|"           # multi: cuts a text into its values
//     embed_dim = 16            # sparse, multi, text, buckets; 0 or nothing: the model chooses
//     pooling = "mean"          # multi, text: mean, sum or max
//     transform = "log"         # dense: standard, log or none
//     missing = "mean"          # dense: refuse, mean or zero
//     shared_with = "tags"      # sparse, multi: the feature whose vocabulary and embedding it shares; "items" is the catalogue
//     boundaries = [18, 30]     # buckets: where they begin; or
//     num_buckets = 10          # buckets of equal size: quantiles of all rows, training or not
//
// NAME is the name of the column, or user.COLUMN, item.COLUMN, event.COLUMN where several files have it.
struct FeatureOverride {
  std::string kind, separator, pooling, transform, missing, shared_with;  // "" and -1: nothing is said
  int64_t embed_dim = -1, num_buckets = -1;
  std::vector<double> boundaries;
  bool is_used = false;
};
using FeatureOverrides = std::map<std::string, FeatureOverride>;

// Throws kNotFound for a missing file and kUsage, with file, line and the nearest known word, for what cannot be understood. `path` "" gives none.
FeatureOverrides read_feature_overrides(const std::string& path);

}  // namespace rechub
