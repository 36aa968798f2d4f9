#pragma once

#include <optional>
#include <string>

#include "rechub/bundle/bundle.h"
#include "rechub/cli/arguments.h"
#include "rechub/data/prepare.h"
#include "rechub/data/split.h"

namespace rechub::cli {

// What `evaluate` judges a bundle on: its own data, or, with --data or --test, other data in the bundle's codes (recode.h).
struct JudgedData {
  std::optional<Dataset> other;  // absent: the bundle's own
  Split split;                   // item counts are those of the bundle's training events in both cases

  const Dataset& dataset(const Bundle& bundle) const { return other ? *other : bundle.dataset(); }
};

// `path` is --data; with prepare.test alone its users or sessions are all judged. What `arguments` do not say of the files is as in the preparation of the bundle's data. An empty
// `protocol` is the bundle's own; with test files it is that of test sessions. Data prepared on the way is gone before this returns.
JudgedData open_judged_data(const Bundle& bundle, const std::string& path, PrepareOptions prepare, const std::string& protocol, const Arguments& arguments);

}  // namespace rechub::cli
