#include "rechub/cli/setting.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include "rechub/base/error.h"

namespace rechub::cli {
namespace {

using nlohmann::json;

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
constexpr const char* type_words() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, int64_t>) return "a whole number";
  if constexpr (std::is_same_v<T, double>) return "a number";
  if constexpr (std::is_same_v<T, std::string>) return "a text";
  if constexpr (std::is_same_v<T, std::vector<int64_t>>) return "a list of whole numbers";
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return "a list of texts";
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Only what a config file can hold: everything merged ends up in one.
bool is_utf8(const std::string& text) {
  try {
    (void)json(text).dump();
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

template <class T>
std::optional<T> from_text(const std::string& text) {
  if constexpr (std::is_same_v<T, std::string>) {
    return is_utf8(text) ? std::optional(text) : std::nullopt;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
  } else {
    const std::optional<T> number = parse_number<T>(text);
    return number && std::isfinite(static_cast<double>(*number)) ? number : std::nullopt;
  }
}

template <class T>
std::optional<T> from_json(const json& value) {
  if constexpr (std::is_same_v<T, std::string>) return value.is_string() ? std::optional(value.get<T>()) : std::nullopt;
  if constexpr (std::is_same_v<T, bool>) return value.is_boolean() ? std::optional(value.get<T>()) : std::nullopt;
  if constexpr (std::is_same_v<T, int64_t>) return value.is_number_integer() ? std::optional(value.get<T>()) : std::nullopt;
  if constexpr (std::is_same_v<T, double>) return value.is_number() && std::isfinite(value.get<double>()) ? std::optional(value.get<double>()) : std::nullopt;
}

std::vector<std::string> split_list(std::string text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const size_t first = text.find_first_not_of(' ', begin), last = text.find_last_not_of(' ', end - (end > begin));
    parts.push_back(first < end ? text.substr(first, last - first + 1) : "");
    begin = end + 1;
  }
  return parts;
}

std::string shown(const std::string& text) { return is_utf8(text) ? "\"" + text + "\"" : "a text that is not UTF-8"; }

template <class T>
void set_from_text(T& target, const std::string& text, const std::string& where) {
  if constexpr (IsVector<T>::value) {
    T list;
    for (const std::string& part : split_list(text)) {
      const auto element = from_text<typename T::value_type>(part);
      check(element.has_value(), ErrorKind::kUsage, "{} must be {}, got {}", where, type_words<T>(), shown(text));
      list.push_back(*element);
    }
    target = std::move(list);
  } else {
    const auto value = from_text<T>(text);
    check(value.has_value(), ErrorKind::kUsage, "{} must be {}, got {}", where, type_words<T>(), shown(text));
    target = *value;
  }
}

template <class T>
void set_from_json(T& target, const json& value, const std::string& where) {
  if constexpr (IsVector<T>::value) {
    check(value.is_array(), ErrorKind::kUsage, "{} must be {}, got {}", where, type_words<T>(), value.dump());
    T list;
    for (const json& part : value) {
      const auto element = from_json<typename T::value_type>(part);
      check(element.has_value(), ErrorKind::kUsage, "{} must be {}, got {}", where, type_words<T>(), value.dump());
      list.push_back(*element);
    }
    target = std::move(list);
  } else {
    const auto parsed = from_json<T>(value);
    check(parsed.has_value(), ErrorKind::kUsage, "{} must be {}, got {}", where, type_words<T>(), value.dump());
    target = *parsed;
  }
}

class FieldCollector : public OptionVisitor {
 public:
  using Add = std::function<void(const char*, Setting::Value, const char*)>;
  explicit FieldCollector(const Add& add) : add_(add) {}
  void field(const char* name, bool& value, const char* help) override { add_(name, &value, help); }
  void field(const char* name, int64_t& value, const char* help) override { add_(name, &value, help); }
  void field(const char* name, double& value, const char* help) override { add_(name, &value, help); }
  void field(const char* name, std::string& value, const char* help) override { add_(name, &value, help); }
  void field(const char* name, std::vector<int64_t>& value, const char* help) override { add_(name, &value, help); }
  void field(const char* name, std::vector<std::string>& value, const char* help) override { add_(name, &value, help); }

 private:
  const Add& add_;
};

}  // namespace

void Setting::assign_text(const std::string& text, const std::string& where) {
  std::visit([&](auto* target) { set_from_text(*target, text, where); }, value);
}

void Setting::assign_texts(const std::vector<std::string>& texts, const std::string& where) {
  if (!is_list()) return assign_text(texts.back(), where);
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ",") + text;
  assign_text(joined, where);
}

void Setting::assign_json(const nlohmann::json& json, const std::string& where) {
  std::visit([&](auto* target) { set_from_json(*target, json, where); }, value);
}

nlohmann::json Setting::json() const {
  return std::visit([](const auto* target) { return nlohmann::json(*target); }, value);
}

const char* Setting::placeholder() const {
  static constexpr const char* kPlaceholders[] = {"", "INT", "NUMBER", "TEXT", "INT,...", "TEXT,..."};
  return kPlaceholders[value.index()];
}

bool Setting::is_list() const { return value.index() >= 4; }
bool Setting::is_bool() const { return value.index() == 0; }

void visit_fields(const std::function<void(OptionVisitor&)>& describe, const std::function<void(const char*, Setting::Value, const char*)>& add) {
  FieldCollector collector(add);
  describe(collector);
}

}  // namespace rechub::cli
