#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace rechub::cli {

// What can be named on a command line: {"models": [{"name", "paper", "loss", "sampler", "options": [{"name", "type", "default", "help"}]}], "losses": [{"name", "about",
// "sampler"}], "recommenders": [{"name", "about"}], "settings": {SECTION: options as those of a model}}. docs/models/ and python/rechub/_models.py are written from it.
nlohmann::json describe_registries();
std::string registries_text(const nlohmann::json& registries);

}  // namespace rechub::cli
