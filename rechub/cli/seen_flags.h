#pragma once

#include <string>

#include "rechub/base/error.h"
#include "rechub/cli/arguments.h"

namespace rechub::cli {

// --exclude-seen and --keep-seen, short for --seen exclude and --seen keep.
struct SeenFlags {
  bool exclude = false, keep = false;

  void add_to(Arguments& arguments) {
    arguments.flag("exclude-seen", exclude, "short for --seen exclude");
    arguments.flag("keep-seen", keep, "short for --seen keep");
  }
  // Once the arguments are read. Throws kUsage where flags say different things.
  void apply(std::string& seen) const {
    const bool fits = !(exclude && keep) && !(exclude && seen == "keep") && !(keep && seen == "exclude");
    check(fits, ErrorKind::kUsage, "--exclude-seen, --keep-seen and --seen {} cannot be meant together; give one of them", seen);
    if (exclude || keep) seen = exclude ? "exclude" : "keep";
  }
};

}  // namespace rechub::cli
