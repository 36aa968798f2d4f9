#pragma once

#include <string>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"

namespace rechub {

// For tests: a prepared data set of lines "user item item ..."; items get the indices 2, 3, ... in order of appearance.
class SequenceData {
 public:
  explicit SequenceData(const std::string& lines) : dataset_(prepare_lines(lines)) {}
  const Dataset& operator*() const { return dataset_; }
  const Dataset* operator->() const { return &dataset_; }

 private:
  Dataset prepare_lines(const std::string& lines) {
    PrepareOptions options;
    options.format = "sequences";
    options.interactions = {folder_.write("sequences.txt", lines)};
    return prepare(options, folder_.path("dataset"), [](const std::string&) {});
  }
  TestFolder folder_;
  Dataset dataset_;
};

}  // namespace rechub
