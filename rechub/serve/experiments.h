#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace rechub {

// One way to treat users.
struct Arm {
  std::string name;
  double weight = 1;
  double share = 0;                                    // of the users: weight over the sum of weights
  nlohmann::json settings = nlohmann::json::object();  // what requests of this arm are answered with instead of the defaults
};

struct Experiment {
  std::string name, salt;
  std::vector<Arm> arms;
};

// The arm of one experiment that a user is in.
struct Assignment {
  const Experiment* experiment = nullptr;
  const Arm* arm = nullptr;
};

// Experiments in TOML:
//
//     [[experiment]]
//     name = "diversity"
//     salt = "spring"                  # the name where it is not given; another salt draws the arms anew
//     [[experiment.arm]]
//     name = "plain"
//     weight = 1                       # the default
//     [[experiment.arm]]
//     name = "varied"
//     settings = { diversity = { weight = 0.5, feature = "genre" } }
//
// A user's arm is drawn by a hash (XXH3) of salt and user: it stays the same over restarts and machines and as long as salt, arms and weights do, and arms of experiments with
// different salts are independent. Const calls are thread-safe.
class Experiments {
 public:
  Experiments() = default;  // none

  // Throws kUsage naming source and line for what is not as above, for two experiments of one name, salt or setting (their effects could not be told apart), and kNotFound.
  static Experiments parse(std::string_view text, const std::string& source);
  static Experiments read(const std::string& path);

  std::vector<Assignment> assign(std::string_view user) const;  // one for each experiment, in their order
  const std::vector<Experiment>& list() const { return experiments_; }

 private:
  std::vector<Experiment> experiments_;
};

nlohmann::json arms_of(const std::vector<Assignment>& assignments);      // {"diversity": "varied"}: what an answer says
nlohmann::json settings_of(const std::vector<Assignment>& assignments);  // the settings of all its arms

}  // namespace rechub
