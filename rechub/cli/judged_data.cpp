#include "rechub/cli/judged_data.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>
#include <stdlib.h>

#include "rechub/base/error.h"
#include "rechub/base/json_options.h"
#include "rechub/base/log.h"
#include "rechub/data/recode.h"

namespace rechub::cli {
namespace {

namespace fs = std::filesystem;

// A folder that lives as long as the object.
class ScratchFolder {
 public:
  ScratchFolder() : path_((fs::temp_directory_path() / "rechub_XXXXXX").string()) {
    check(::mkdtemp(path_.data()) != nullptr, ErrorKind::kData, "{}: no folder can be made there; TMPDIR names another place", fs::temp_directory_path().string());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Columns that files of ids alone do not have are no matter there.
bool has_columns(const std::string& format) { return format != "sequences" && format != "sessions"; }

void take_what_is_not_said(const Dataset& known, const Arguments& arguments, PrepareOptions& prepare) {
  nlohmann::json taken = nlohmann::json::object();
  const nlohmann::json like = options_like(known);
  for (const auto& [name, value] : like.items()) {
    if (!arguments.given("prepare." + name)) taken[name] = value;
  }
  options_from_json(taken, [&](OptionVisitor& visitor) { prepare.describe(visitor); });
}

// A split that is not the training's asks for what the model was trained on.
void warn_of_trained_targets(const Bundle& bundle, const Split& judged) {
  const Split trained = make_split(bundle.dataset(), bundle.config().split, bundle.config().split_seed);
  int64_t num_targets = 0, num_trained = 0;
  for (const std::vector<EvaluationCase>* cases : {&judged.valid, &judged.test}) {
    for (const EvaluationCase& question : *cases) {
      num_targets += question.target_end - question.target_begin;
      num_trained += std::clamp<int64_t>(trained.train_end[question.user] - question.target_begin, 0, question.target_end - question.target_begin);
    }
  }
  if (num_trained == 0) return;
  log_warning("{} of the {} targets of {} were trained on (the training's split was {}): the figures are too good", num_trained, num_targets, judged.protocol, trained.protocol);
}

}  // namespace

JudgedData open_judged_data(const Bundle& bundle, const std::string& path, PrepareOptions prepare, const std::string& protocol, const Arguments& arguments) {
  const std::string own = bundle.config().split;
  JudgedData judged;
  if (path.empty() && prepare.test.empty()) {
    judged.split = make_split(bundle.dataset(), protocol.empty() ? own : protocol, bundle.config().split_seed);
    if (!protocol.empty() && protocol != own) warn_of_trained_targets(bundle, judged.split);
    return judged;
  }
  const bool is_test_alone = path.empty(), prefixes = prepare.test_targets != "last";
  if (is_test_alone) prepare.interactions = std::exchange(prepare.test, {});
  if (has_columns(prepare.format)) take_what_is_not_said(bundle.dataset(), arguments, prepare);
  const ScratchFolder scratch;
  const LogLine log = [](const std::string& line) { log_line(line); };
  const bool has_test = !prepare.test.empty();
  check(path.empty() || !fs::exists(path + "/manifest.json") || !has_test, ErrorKind::kUsage, "--test is for raw files: {} is prepared already", path);
  const Dataset fresh = is_test_alone ? rechub::prepare(prepare, scratch.path() + "/dataset", log) : open_or_prepare(path, prepare, scratch.path(), log);
  if (is_test_alone || (own == "sessions" && protocol.empty() && !has_test)) {
    judged.split = judge_all_users(fresh, prefixes);
  } else {
    judged.split = make_split(fresh, !protocol.empty() ? protocol : has_test ? "sessions" : own, bundle.config().split_seed);
  }
  judged.split.item_counts = make_split(bundle.dataset(), own, bundle.config().split_seed).item_counts;
  judged.other.emplace(recode(fresh, bundle.dataset(), log));
  return judged;
}

}  // namespace rechub::cli
