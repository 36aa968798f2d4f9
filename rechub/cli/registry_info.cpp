#include "rechub/cli/registry_info.h"

#include <fmt/format.h>

#include "rechub/cli/help_text.h"
#include "rechub/cli/setting.h"
#include "rechub/data/prepare.h"
#include "rechub/eval/recommender.h"
#include "rechub/losses/loss.h"
#include "rechub/models/registry.h"
#include "rechub/train/trainer.h"

namespace rechub::cli {
namespace {

using nlohmann::json;

template <class Options>
json describe_options(Options&& options) {
  json list = json::array();
  visit_fields([&](OptionVisitor& visitor) { options.describe(visitor); },
               [&](const char* name, Setting::Value value, const char* help) {
                 Setting setting;
                 setting.value = value;
                 const std::string type = setting.is_bool() ? "BOOL" : setting.placeholder();
                 list.push_back({{"name", name}, {"type", type}, {"default", setting.json()}, {"help", help}});
               });
  return list;
}

json describe_model(const ModelEntry& entry) {
  const json options = describe_options(*entry.builder());
  return {{"name", entry.name}, {"paper", entry.paper}, {"loss", entry.loss}, {"sampler", entry.sampler}, {"options", options}};
}

}  // namespace

json describe_registries() {
  json result = {{"models", json::array()}, {"losses", json::array()}, {"recommenders", json::array()}};
  for (const ModelEntry& entry : model_entries()) result["models"].push_back(describe_model(entry));
  for (const LossEntry& entry : loss_entries()) result["losses"].push_back({{"name", entry.name}, {"about", entry.description}, {"sampler", entry.sampler}});
  for (const RecommenderEntry& entry : recommender_entries()) result["recommenders"].push_back({{"name", entry.name}, {"about", entry.description}});
  TrainPlan plan;
  result["settings"] = {{"training", describe_options(plan.train)},     {"optimizer", describe_options(plan.optimizer)},     {"loss", describe_options(plan.loss)},
                        {"sampler", describe_options(plan.sampler)},    {"contrastive", describe_options(plan.contrastive)}, {"evaluation", describe_options(plan.evaluation)},
                        {"prepare", describe_options(PrepareOptions())}};
  return result;
}

std::string registries_text(const json& registries) {
  std::string out;
  for (const auto& [kind, about] : {std::pair("models", "paper"), std::pair("losses", "about"), std::pair("recommenders", "about")}) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const json& row : registries.at(kind)) rows.emplace_back(row.at("name"), row.at(about));
    out += fmt::format("{}{}\n{}", out.empty() ? "" : "\n", kind, two_columns(rows));
  }
  for (const json& model : registries.at("models")) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const json& option : model.at("options")) {
      const json& value = option.at("default");
      const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
      rows.emplace_back(fmt::format("{} {}", option.at("name").get<std::string>(), option.at("type").get<std::string>()),
                        option.at("help").get<std::string>() + (shown.empty() ? "" : fmt::format(" [{}]", shown)));
    }
    out += fmt::format("\n[model] of {}, as --set model.NAME=VALUE\n{}", model.at("name").get<std::string>(), two_columns(rows));
  }
  return out;
}

}  // namespace rechub::cli
