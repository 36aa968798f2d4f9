#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace rechub {

// How a feature column is stored and used.
enum class FeatureKind {
  kSparse,  // one code a row: an embedding row
  kMulti,   // several codes a row (a list, a text's letter trigrams): embedding rows pooled by `pooling`
  kDense,   // `width` floats a row: numbers (width 1) or a precomputed text or image vector
};

// When an event column is known. Columns of users and items are kStatic.
enum class EventRole {
  kStatic,
  kContext,  // known when a recommendation is asked for (query, device, example age): joins the user side at the readout
  kHistory,  // describes a past event (watch time, time gap): joins the event inside the history
};

// What a column is, without its values. Written to the manifest of a data set and to a bundle.
struct FeatureSpec {
  std::string name;
  FeatureKind kind = FeatureKind::kSparse;
  EventRole role = EventRole::kStatic;
  std::string space;                   // kSparse, kMulti: the row space (vocabulary) its codes come from; features that share a vocabulary (shared_with) share the name
  int64_t rows = 0;                    // kSparse, kMulti: rows of that space, the reserved two included
  int64_t width = 1;                   // kDense: floats a row
  int64_t embed_dim = 0;               // kSparse, kMulti: embedding width asked for; 0 lets the model choose
  std::string pooling = "mean";        // kMulti: mean, sum or max
  std::string transform = "standard";  // kDense, width 1: standard, log (log1p of the shifted value, then standard), none. Statistics are fitted on training rows only
  std::string missing = "refuse";      // kDense: refuse (an error with row and column), mean, zero

  // How a raw value becomes codes, so that a request is encoded as the data set was.
  //   "value"      the value's index in the vocabulary of `space`; a text is cut at `separator` first if there is one (kMulti). kDense: the number itself
  //   "trigrams"   letter trigrams hashed to rows - 2 buckets (trigrams.h)
  //   "buckets"    which interval of `boundaries` a number lies in (buckets.h)
  //   "time_gap"   the same of the time since the user's previous event, in the data set's unit of time
  //   "cross"      the index of both values of `inputs` together, cross_key() in the vocabulary of `space`
  std::string encoding = "value";
  std::string separator;
  std::vector<std::string> inputs;
  std::vector<double> boundaries;
};

// A column with its values, which lie in a mapped file or in memory owned by the data set. Row r is user, item or event r.
struct FeatureColumn {
  FeatureSpec spec;
  std::span<const int32_t> codes;    // kSparse: [rows]; kMulti: the lists end to end
  std::span<const int64_t> offsets;  // kMulti: [rows + 1]
  std::span<const float>
      values;  // kDense: [rows x width]; NaN where missing and spec.missing is "mean" (width 1 only: a missing vector is the mean vector). Rows 0 and 1 hold the mean
};

using FeatureTable = std::vector<FeatureColumn>;

// What stands for a pair of values in the vocabulary of a cross.
inline std::string cross_key(const std::string& first, const std::string& second) { return first + '\x1f' + second; }

// A spec as it stands in a manifest, and back; throws kData naming `source` for one that is not ours.
nlohmann::json feature_spec_to_json(const FeatureSpec& spec);
FeatureSpec feature_spec_from_json(const nlohmann::json& object, const std::string& source);

}  // namespace rechub
