#include <charconv>

#include "rechub/export/vector_files.h"

namespace rechub {
namespace {

// Whether the text is a whole number as it is usually written, so that the number brings the text back: not "007" or "+1".
bool read_integer(const std::string& text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && std::to_string(number) == text;
}

}  // namespace

RawIds raw_ids(std::vector<std::string> texts) {
  RawIds ids;
  for (const std::string& text : texts) {
    int64_t number = 0;
    ids.are_integers = ids.are_integers && read_integer(text, number);
    if (!ids.are_integers) break;
    ids.integers.push_back(number);
  }
  if (ids.are_integers) return ids;
  ids.integers.clear();
  ids.texts = std::move(texts);
  return ids;
}

}  // namespace rechub
