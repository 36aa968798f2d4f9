#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/bundle/retriever.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/cli/result_writer.h"
#include "rechub/cli/seen_flags.h"
#include "rechub/cli/user_requests.h"
#include "rechub/data/encoder.h"
#include "rechub/data/item_labels.h"

namespace rechub::cli {
namespace {

struct RecommendCommand {
  std::string bundle, users, user, item, allow, deny, out, json, seen = "auto", diversity_feature;
  std::vector<std::string> history, show;
  int64_t k = 10;
  double diversity = 0;
  int64_t diversity_pool = 0;
};

Diversity asked_diversity(const RecommendCommand& command, const Dataset& dataset) {
  check(command.diversity >= 0, ErrorKind::kUsage, "--diversity must be 0 or more, got {}", command.diversity);
  check(command.diversity == 0 || !command.diversity_feature.empty(), ErrorKind::kUsage, "--diversity needs --diversity-feature: the item feature that the list should vary in");
  check(command.diversity_pool == 0 || command.diversity_pool >= command.k, ErrorKind::kUsage, "--diversity-pool must be at least --k, got {} and {}", command.diversity_pool,
        command.k);
  if (command.diversity_feature.empty()) return {};
  const FeatureColumn& feature = sparse_item_feature(dataset, "--diversity-feature", command.diversity_feature);
  return {command.diversity, feature.codes, command.diversity_pool > 0 ? command.diversity_pool : 10 * command.k};
}

std::vector<uint8_t> allowed_items(const RecommendCommand& command, const Dataset& dataset) {
  std::vector<uint8_t> allowed;
  int64_t num_unknown = 0;
  if (!command.allow.empty()) allowed = read_item_set(dataset, command.allow, num_unknown);
  if (!command.deny.empty()) {
    const std::vector<uint8_t> denied = read_item_set(dataset, command.deny, num_unknown);
    if (allowed.empty()) allowed.assign(denied.size(), 1);
    for (size_t i = 0; i < denied.size(); ++i) allowed[i] = allowed[i] && !denied[i];
  }
  if (num_unknown > 0) log_warning("{} ids of the allow and deny lists are not in the catalogue", num_unknown);
  return allowed;
}

void write_results(const Dataset& dataset, const ItemLabels& labels, const std::string& name, std::span<const RetrievedItem> items, ResultWriter& writer) {
  for (size_t i = 0; i < items.size(); ++i) {
    writer.add(name, dataset.item_ids().text(items[i].item), labels.of(items[i].item), items[i].score, static_cast<int64_t>(i) + 1);
  }
}

}  // namespace

int run_recommend(int argc, const char* const* argv) {
  RecommendCommand command;
  SeenFlags seen;
  Arguments arguments("recommend", "Print the best items for users, for a history, or the items most like an item.");
  arguments.positional("bundle", command.bundle, "directory of the bundle");
  arguments.flag("users", command.users,
                 "file of users, each answered as often as it stands there: CSV or Parquet with a user column, or JSON lines {\"user\": ..., \"history\": [ids, oldest first], "
                 "\"features\": {...}, \"sequences\": {...}}");
  arguments.flag("user", command.user, "id of one user of the bundle's data");
  arguments.flag("history", command.history, "item ids, oldest first, of somebody who is not in the data");
  arguments.flag("item", command.item, "an item: prints the items most like it");
  arguments.flag("k", command.k, "results for each, 1 to 10,000");
  arguments.flag("seen", command.seen, "items of the history: auto (left out, unless the data has repeat consumption), exclude, keep");
  seen.add_to(arguments);
  arguments.flag("allow", command.allow, "file of item ids: only these are recommended (.txt: one a line; else the item column of a CSV or Parquet file)");
  arguments.flag("deny", command.deny, "file of item ids that are never recommended");
  arguments.flag("diversity", command.diversity,
                 "what a pair of items of different --diversity-feature is worth, in scores (ComiRec's lambda): 0 is the plain list, a huge number takes from each value in turn");
  arguments.flag("diversity-feature", command.diversity_feature, "sparse item feature that the list should vary in");
  arguments.flag("diversity-pool", command.diversity_pool, "best items of each interest that --diversity chooses from; 0: 10 x k");
  arguments.flag("show", command.show, "item features to print beside each item on the terminal");
  arguments.flag("out", command.out, "write to this .csv, .jsonl or .parquet file instead of the terminal");
  arguments.flag("json", command.json, "write {\"results\": [{\"user\": ..., \"items\": [{\"item\": ..., \"score\": ...}]}]} to this file instead of the terminal");
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  const int asked = !command.users.empty() + !command.user.empty() + !command.history.empty() + !command.item.empty();
  check(asked == 1, ErrorKind::kUsage, "recommend: give one of --users FILE, --user ID, --history ID,ID,... and --item ID");
  check(command.k >= 1 && command.k <= 10000, ErrorKind::kUsage, "--k must be from 1 to 10,000, got {}", command.k);
  check(command.seen == "auto" || command.seen == "exclude" || command.seen == "keep", ErrorKind::kUsage, "--seen must be auto, exclude or keep, got '{}'", command.seen);
  seen.apply(command.seen);
  check(command.out.empty() || command.json.empty(), ErrorKind::kUsage, "--out and --json both say where the results go; give one of them");
  at::set_num_threads(num_threads());

  const Bundle bundle = Bundle::open(command.bundle);
  const Dataset& dataset = bundle.dataset();
  const Retriever retriever(bundle);
  const std::vector<uint8_t> allowed = allowed_items(command, dataset);
  const bool exclude_seen = command.seen == "exclude" || (command.seen == "auto" && !dataset.has_repeats());
  const ItemLabels labels(dataset, "--show", command.show);
  const Diversity diversity = asked_diversity(command, dataset);
  const auto writer = command.json.empty() ? make_result_writer(command.out) : make_json_writer(command.json);
  if (!command.item.empty()) {
    write_results(dataset, labels, command.item, retriever.similar(item_row(dataset, command.item), command.k, allowed, diversity), *writer);
  } else {
    UnknownValues unknown;
    const auto answer = [&](std::span<const NamedRequest> named) {
      std::vector<RetrievalRequest> requests;
      for (const NamedRequest& request : named) {
        requests.push_back(request.request);
        unknown.count(request.request);
      }
      const auto results = retriever.recommend(requests, command.k, exclude_seen, allowed, diversity);
      for (size_t i = 0; i < named.size(); ++i) write_results(dataset, labels, named[i].name, results[i], *writer);
    };
    std::vector<NamedRequest> one(1);
    if (!command.users.empty()) {
      read_users(dataset, command.users, answer);
    } else if (!command.user.empty()) {
      one[0] = {command.user, {user_row(dataset, command.user), std::nullopt}};
      answer(one);
    } else {
      const KnownHistory history = known_history(dataset, command.history);
      one[0] = {"history", {kUnknownIndex, history.items}};
      if (history.num_unknown > 0) log_warning("{} of {} items of the history are not in the catalogue and do not count", history.num_unknown, command.history.size());
      answer(one);
    }
    unknown.warn();
  }
  writer->commit();
  return 0;
}

}  // namespace rechub::cli
