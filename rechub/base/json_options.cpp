#include "rechub/base/json_options.h"

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"

namespace rechub {
namespace {

class Writer : public OptionVisitor {
 public:
  void field(const char* name, bool& value, const char*) override { object[name] = value; }
  void field(const char* name, int64_t& value, const char*) override { object[name] = value; }
  void field(const char* name, double& value, const char*) override { object[name] = value; }
  void field(const char* name, std::string& value, const char*) override { object[name] = value; }
  void field(const char* name, std::vector<int64_t>& value, const char*) override { object[name] = value; }
  void field(const char* name, std::vector<std::string>& value, const char*) override { object[name] = value; }
  nlohmann::json object = nlohmann::json::object();
};

class Reader : public OptionVisitor {
 public:
  explicit Reader(const nlohmann::json& object) : object_(object) {}
  void field(const char* name, bool& value, const char*) override { read(name, value); }
  void field(const char* name, int64_t& value, const char*) override { read(name, value); }
  void field(const char* name, double& value, const char*) override { read(name, value); }
  void field(const char* name, std::string& value, const char*) override { read(name, value); }
  void field(const char* name, std::vector<int64_t>& value, const char*) override { read(name, value); }
  void field(const char* name, std::vector<std::string>& value, const char*) override { read(name, value); }

 private:
  template <class T>
  void read(const char* name, T& value) {
    const auto found = object_.find(name);
    if (found == object_.end()) return;
    try {
      value = found->get<T>();
    } catch (const nlohmann::json::exception&) {
      fail(ErrorKind::kData, "option '{}' has a value of the wrong type: {}", name, found->dump());
    }
  }
  const nlohmann::json& object_;
};

}  // namespace

nlohmann::json options_to_json(const std::function<void(OptionVisitor&)>& describe) {
  Writer writer;
  describe(writer);
  return writer.object;
}

void options_from_json(const nlohmann::json& object, const std::function<void(OptionVisitor&)>& describe) {
  Reader reader(object);
  describe(reader);
}

}  // namespace rechub
