#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace rechub::matching {

// What a column of the data is to a model. Ids are rows of vocab_size as they are, 0 to vocab_size - 1; nothing is renumbered.

// One id a row, embedded.
struct SparseFeature {
  std::string name;
  int64_t vocab_size = 0;
  int64_t embed_dim = 0;         // 0: 6 * vocab_size^(1/4), rounded down
  std::string shared_with = "";  // a feature of equal vocab_size and embed_dim whose table it uses; empty: a table of its own
};

// `embed_dim` numbers a row, standardised over the training rows where it is one.
struct DenseFeature {
  std::string name;
  int64_t embed_dim = 1;
};

// A list of ids a row, oldest first; 0 pads, at the ends only. A user's list of item ids is the history: each id is read with all that is known of the item. It names the item's
// id feature in `shared_with`; where it names nothing, it is tied to the item feature of equal vocab_size and embed_dim. Any other list is pooled to one vector.
struct SequenceFeature {
  std::string name;
  int64_t vocab_size = 0;
  int64_t embed_dim = 0;
  std::string pooling = "mean";  // mean, sum or max; empty or "concat" leave it to the model: sequence models read the list, others take the mean
  std::string shared_with = "";
};

using Feature = std::variant<SparseFeature, DenseFeature, SequenceFeature>;

const std::string& name_of(const Feature& feature);

}  // namespace rechub::matching
