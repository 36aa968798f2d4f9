#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rechub {

// Visits the fields of an options struct. Each stage owns a struct of options with defaults and a `describe(OptionVisitor&)` that names every field once;
// from that one list come command-line flags, TOML keys, --help, the merged config in a bundle and Python's keywords:
//
//     struct AdamOptions {
//       double learning_rate = 1e-3;
//       void describe(OptionVisitor& visitor) { visitor.field("learning_rate", learning_rate, "step size"); }
//     };
//
// Names are snake_case; a flag is the name with dashes. The help text says unit and range.
class OptionVisitor {
 public:
  virtual ~OptionVisitor() = default;
  virtual void field(const char* name, bool& value, const char* help) = 0;
  virtual void field(const char* name, int64_t& value, const char* help) = 0;
  virtual void field(const char* name, double& value, const char* help) = 0;
  virtual void field(const char* name, std::string& value, const char* help) = 0;
  virtual void field(const char* name, std::vector<int64_t>& value, const char* help) = 0;
  virtual void field(const char* name, std::vector<std::string>& value, const char* help) = 0;
};

// The entry of `known` nearest to `name` by edit distance (insert, delete, replace, swap of neighbours), or "" where none is near enough to be a typing slip.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace rechub
