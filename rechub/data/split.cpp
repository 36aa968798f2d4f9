#include "rechub/data/split.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

using Begin = std::span<const int64_t>;

Split everything_trains(const Dataset& dataset) {
  Split split;
  split.train_end.assign(dataset.user_begin().begin() + 1, dataset.user_begin().end());
  return split;
}

bool may_be_target(const Dataset& dataset, int64_t event) { return dataset.weights().empty() || dataset.weights()[event] > 0; }

// The newest event in [first, end) that may be a target; first - 1 where there is none.
int64_t last_target(const Dataset& dataset, int64_t first, int64_t end) {
  int64_t event = end - 1;
  while (event >= first && !may_be_target(dataset, event)) --event;
  return event;
}

Split leave_one_out(const Dataset& dataset) {
  Split split = everything_trains(dataset);
  const Begin begin = dataset.user_begin();
  for (int32_t user = 0; user < dataset.user_rows(); ++user) {
    const int64_t first = begin[user];
    const int64_t test = last_target(dataset, first, begin[user + 1]), valid = last_target(dataset, first, test);
    if (valid <= first) continue;  // nothing before the validation item
    split.train_end[user] = valid;
    split.valid.push_back({user, first, valid, valid, valid + 1});
    split.test.push_back({user, first, test, test, test + 1});
  }
  return split;
}

// "0.8,0.1,0.1" as shares that sum to 1.
std::vector<double> parse_shares(const std::string& protocol, const std::string& text) {
  std::vector<double> shares;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    double share = 0;
    const auto [rest, error] = std::from_chars(text.data() + start, text.data() + end, share);
    const bool is_share = error == std::errc() && rest == text.data() + end && share >= 0 && share <= 1;
    check(is_share, ErrorKind::kUsage, "split '{}': expected three shares as in 0.8,0.1,0.1, got '{}'", protocol, text.substr(start, end - start));
    shares.push_back(share);
    start = end + 1;
  }
  const bool is_whole = shares.size() == 3 && std::abs(shares[0] + shares[1] + shares[2] - 1) < 1e-9 && shares[0] > 0 && shares[2] > 0;
  check(is_whole, ErrorKind::kUsage, "split '{}': expected three shares (training, validation, test) that sum to 1, the first and last above 0", protocol);
  return shares;
}

Split cut_in_time(const Dataset& dataset, const std::vector<double>& shares) {
  check(!dataset.times().empty(), ErrorKind::kUsage, "split 'time:...' needs times, and the data set {} has none: prepare it with a time column, or use leave-one-out",
        dataset.directory());
  std::vector<int64_t> sorted(dataset.times().begin(), dataset.times().end());
  const auto cut_at = [&](double share) {
    const auto position = std::min<size_t>(static_cast<size_t>(std::llround(share * static_cast<double>(sorted.size()))), sorted.size() - 1);
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<int64_t>(position), sorted.end());
    return sorted[position];
  };
  const int64_t valid_time = cut_at(shares[0]), test_time = cut_at(shares[0] + shares[1]);
  Split split = everything_trains(dataset);
  const auto times = dataset.times();
  for (int32_t user = 0; user < dataset.user_rows(); ++user) {
    const int64_t first = dataset.user_begin()[user], end = dataset.user_begin()[user + 1];
    // Events of one moment stay on one side: the interval [cut, ...) begins at the first event not before the cut.
    const int64_t valid_begin = std::lower_bound(times.begin() + first, times.begin() + end, valid_time) - times.begin();
    const int64_t test_begin = std::lower_bound(times.begin() + first, times.begin() + end, test_time) - times.begin();
    split.train_end[user] = valid_begin;
    const bool has_valid = last_target(dataset, valid_begin, test_begin) >= valid_begin, has_test = last_target(dataset, test_begin, end) >= test_begin;
    if (has_valid && shares[1] > 0) split.valid.push_back({user, first, valid_begin, valid_begin, test_begin, valid_time});
    if (has_test) split.test.push_back({user, first, test_begin, test_begin, end, test_time});
  }
  return split;
}

// Uniform in [0, 1) for a user, the same whatever the other users are.
double user_draw(const Dataset& dataset, int32_t user, uint64_t seed) {
  uint64_t hash = seed;
  for (char c : dataset.user_ids().text(user)) hash = mix({hash, static_cast<uint64_t>(static_cast<unsigned char>(c))});
  return static_cast<double>(mix({hash}) >> 11) * 0x1.0p-53;
}

Split hold_out_users(const Dataset& dataset, const std::vector<double>& shares, uint64_t seed) {
  Split split = everything_trains(dataset);
  for (int32_t user = kFirstIndex; user < dataset.user_rows(); ++user) {
    const double draw = user_draw(dataset, user, seed);
    if (draw < shares[0]) continue;
    const int64_t first = dataset.user_begin()[user], end = dataset.user_begin()[user + 1];
    split.train_end[user] = first;
    if (end - first < 2) continue;
    const int64_t history_end = std::clamp(first + (end - first) * 8 / 10, first + 1, end - 1);
    if (last_target(dataset, history_end, end) < history_end) continue;
    (draw < shares[0] + shares[1] ? split.valid : split.test).push_back({user, first, history_end, history_end, end});
  }
  return split;
}

void add_session_cases(const Dataset& dataset, int32_t user, bool prefixes, std::vector<EvaluationCase>& cases) {
  const int64_t first = dataset.user_begin()[user], end = dataset.user_begin()[user + 1];
  const int64_t last = last_target(dataset, first, end);
  for (int64_t target = prefixes ? first + 1 : std::max(last, first + 1); target <= last; ++target) {
    if (may_be_target(dataset, target)) cases.push_back({user, first, target, target, target + 1});
  }
}

Split hold_out_sessions(const Dataset& dataset, uint64_t seed) {
  const std::string source = dataset.directory() + "/manifest.json";
  const auto range = json_field<std::vector<int64_t>>(dataset.manifest(), "test_users", source);
  check(range.size() == 2 && range[0] < range[1] && range[0] >= 0 && range[1] <= dataset.user_rows(), ErrorKind::kUsage,
        "split 'sessions' needs test sessions, and the data set {} has none: prepare it with --test FILE", dataset.directory());
  const bool prefixes = json_field<std::string>(dataset.manifest(), "test_targets", source) != "last";
  Split split = everything_trains(dataset);
  for (int32_t user = kFirstIndex; user < dataset.user_rows(); ++user) {
    const bool is_test = user >= range[0] && user < range[1];
    const bool is_valid = !is_test && mix({seed, static_cast<uint64_t>(user), 0x76616c6964ULL}) % 10 == 0;
    if (!is_test && !is_valid) continue;
    split.train_end[user] = dataset.user_begin()[user];
    add_session_cases(dataset, user, prefixes, is_test ? split.test : split.valid);
  }
  return split;
}

// Named sequences are known up to the first target; a cut in time has said its own moment already.
void set_moments(const Dataset& dataset, std::vector<EvaluationCase>& cases) {
  if (dataset.times().empty()) return;
  for (EvaluationCase& question : cases) {
    if (question.moment == kNoMoment) question.moment = dataset.times()[question.target_begin];
  }
}

int64_t count_cold(const std::vector<EvaluationCase>& cases, const Dataset& dataset, const Split& split) {
  int64_t cold = 0;
  for (const EvaluationCase& question : cases) {
    for (int64_t target = question.target_begin; target < question.target_end; ++target) {
      cold += may_be_target(dataset, target) && split.item_counts[dataset.items()[target]] == 0 ? 1 : 0;
    }
  }
  return cold;
}

void count(const Dataset& dataset, Split& split) {
  split.item_counts.assign(dataset.item_rows(), 0);
  for (int32_t user = 0; user < dataset.user_rows(); ++user) {
    for (int64_t event = dataset.user_begin()[user]; event < split.train_end[user]; ++event) ++split.item_counts[dataset.items()[event]];
    split.num_train_events += split.train_end[user] - dataset.user_begin()[user];
  }
  split.cold_valid_targets = count_cold(split.valid, dataset, split);
  split.cold_test_targets = count_cold(split.test, dataset, split);
}

Split cut(const Dataset& dataset, const std::string& protocol, uint64_t seed) {
  if (protocol == "leave-one-out") return leave_one_out(dataset);
  if (protocol.rfind("time:", 0) == 0) return cut_in_time(dataset, parse_shares(protocol, protocol.substr(5)));
  if (protocol.rfind("users:", 0) == 0) return hold_out_users(dataset, parse_shares(protocol, protocol.substr(6)), seed);
  if (protocol == "sessions") return hold_out_sessions(dataset, seed);
  fail(ErrorKind::kUsage, "unknown split '{}': known are leave-one-out, time:0.8,0.1,0.1, users:0.8,0.1,0.1, sessions", protocol);
}

int64_t most_events(const Dataset& dataset) {
  int64_t most = 0;
  const auto begin = dataset.user_begin();
  for (size_t user = kFirstIndex; user + 1 < begin.size(); ++user) most = std::max<int64_t>(most, begin[user + 1] - begin[user]);
  return most;
}

}  // namespace

Split make_split(const Dataset& dataset, const std::string& protocol, uint64_t seed) {
  Split split = cut(dataset, protocol, seed);
  split.protocol = protocol;
  count(dataset, split);
  set_moments(dataset, split.valid);
  set_moments(dataset, split.test);
  check(split.num_train_events > 0, ErrorKind::kData, "split '{}' leaves nothing to train on (events in the data: {}, users: {})", protocol, dataset.num_events(),
        dataset.num_users());
  check(!split.test.empty() || !split.valid.empty(), ErrorKind::kData,
        "split '{}' leaves nothing to judge (leave-one-out needs 3 events of a user; users in the data: {}, most events of one: {})", protocol, dataset.num_users(),
        most_events(dataset));
  return split;
}

Split judge_all_users(const Dataset& dataset, bool prefixes) {
  Split split;
  split.protocol = fmt::format("test sessions ({})", prefixes ? "prefixes" : "last");
  split.train_end.assign(dataset.user_begin().begin(), dataset.user_begin().end() - 1);
  for (int32_t user = kFirstIndex; user < dataset.user_rows(); ++user) add_session_cases(dataset, user, prefixes, split.test);
  check(!split.test.empty(), ErrorKind::kData, "there is nothing to judge: no user has two events (users in the data: {})", dataset.num_users());
  count(dataset, split);
  set_moments(dataset, split.test);
  return split;
}

nlohmann::json Split::summary() const {
  return {{"protocol", protocol},      {"train_events", num_train_events},         {"valid_cases", valid.size()},
          {"test_cases", test.size()}, {"cold_valid_targets", cold_valid_targets}, {"cold_test_targets", cold_test_targets}};
}

}  // namespace rechub
