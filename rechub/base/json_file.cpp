#include "rechub/base/json_file.h"

#include <algorithm>
#include <set>
#include <vector>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/mapped_file.h"

namespace rechub {
namespace {

using nlohmann::json;

constexpr int kDeepestNesting = 100;

std::string position_of(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return fmt::format("line {}, column {}", line, before.size() - line_start + 1);
}

// Watches what the parser reads, to refuse what it would silently accept.
class Guard {
 public:
  explicit Guard(const std::string& source) : source_(source) {}

  bool operator()(int depth, json::parse_event_t event, json& value) {
    check(depth <= kDeepestNesting, ErrorKind::kData, "{}: nested deeper than {} levels", source_, kDeepestNesting);
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event != json::parse_event_t::key) return true;
    const std::string key = value.get<std::string>();
    check(keys_.back().insert(key).second, ErrorKind::kData, "{}: \"{}\" stands twice in one object", source_, key);
    return true;
  }

 private:
  const std::string& source_;
  std::vector<std::set<std::string>> keys_;
};

template <class T>
struct FieldType;
template <>
struct FieldType<std::string> {
  static constexpr const char* kName = "a string";
  static bool matches(const json& value) { return value.is_string(); }
};
template <>
struct FieldType<int64_t> {
  static constexpr const char* kName = "a whole number";
  static bool matches(const json& value) { return value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= INT64_MAX); }
};
template <>
struct FieldType<double> {
  static constexpr const char* kName = "a number";
  static bool matches(const json& value) { return value.is_number(); }
};
template <>
struct FieldType<bool> {
  static constexpr const char* kName = "true or false";
  static bool matches(const json& value) { return value.is_boolean(); }
};
template <>
struct FieldType<std::vector<int64_t>> {
  static constexpr const char* kName = "a list of whole numbers";
  static bool matches(const json& value) { return value.is_array() && std::all_of(value.begin(), value.end(), FieldType<int64_t>::matches); }
};
template <>
struct FieldType<json> {
  static constexpr const char* kName = "a value";
  static bool matches(const json&) { return true; }
};

}  // namespace

json parse_json(std::string_view text, const std::string& source) {
  try {
    Guard guard(source);
    return json::parse(text, [&guard](int depth, json::parse_event_t event, json& value) { return guard(depth, event, value); });
  } catch (const json::parse_error& error) {
    fail(ErrorKind::kData, "{}: not valid JSON at {}", source, position_of(text, error.byte > 0 ? error.byte - 1 : 0));
  } catch (const json::exception&) {
    fail(ErrorKind::kData, "{}: not valid JSON: a number is out of range", source);
  }
}

json read_json(const std::string& path) {
  const MappedFile file = MappedFile::open(path);
  return parse_json({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path);
}

void write_json(const std::string& path, const json& value) {
  std::string text;
  try {
    text = value.dump(2);
  } catch (const json::exception&) {
    fail(ErrorKind::kData, "cannot write {}: a text in it is not valid UTF-8", path);
  }
  write_file(path, text + "\n");
}

template <class T>
T json_field(const json& value, const char* key, const std::string& source) {
  check(value.is_object(), ErrorKind::kData, "{}: an object with \"{}\" was expected, found {}", source, key, value.type_name());
  const auto found = value.find(key);
  check(found != value.end(), ErrorKind::kData, "{}: \"{}\" is missing", source, key);
  check(FieldType<T>::matches(*found), ErrorKind::kData, "{}: \"{}\" must be {}, found {}", source, key, FieldType<T>::kName, found->type_name());
  return found->get<T>();
}

template std::string json_field(const json&, const char*, const std::string&);
template int64_t json_field(const json&, const char*, const std::string&);
template double json_field(const json&, const char*, const std::string&);
template bool json_field(const json&, const char*, const std::string&);
template std::vector<int64_t> json_field(const json&, const char*, const std::string&);
template json json_field(const json&, const char*, const std::string&);

}  // namespace rechub
