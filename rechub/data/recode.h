#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rechub/data/dataset.h"
#include "rechub/data/prepare.h"

namespace rechub {

// The code in `to` of each code of `from`, kUnknownIndex where it is not there; the two reserved codes stay. [from.rows()]
std::vector<int32_t> code_map(const Vocabulary& from, const Vocabulary& to);

// Whether the ids of users are places in a sessions file, so that the same id in two data sets is not the same user.
bool users_are_lines(const Dataset& dataset);

// Whether a feature's codes are those of a vocabulary, Dataset::space(spec.space).
bool has_vocabulary(const FeatureSpec& spec);

// The users and events of `fresh` as a model sees them that was trained on `known`: items, features and named sequences in the codes of `known`, the catalogue and its features
// those of `known`. Users and events keep their rows, so cases of a split of `fresh` are cases of the result. For judging a model on other data than it was trained on.
//
// An item that `known` does not have becomes the unknown one, row 1: part of a history, and as a target a miss. A user it does not have is a stranger (Dataset::user_codes), as are
// all of them where either's are lines of a file. A feature that `fresh` lacks is unknown in all rows, and `log` says so. Throws kData for one that cannot be
// brought into the known form (other buckets, texts where numbers were). `known` must outlive the result; `fresh` need not.
Dataset recode(const Dataset& fresh, const Dataset& known, const LogLine& log);

// The options of the preparation of `known` (PrepareOptions by name) that mean something for other files, too: which columns play which part, and how events are cut.
nlohmann::json options_like(const Dataset& known);

}  // namespace rechub
