#include "rechub/train/plan_checks.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/train/eight_sequences.h"
#include "rechub/train/negative_source.h"

namespace rechub {
namespace {

template <class Function>
std::string refusal(const Function& function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

// `users` users of `events` events each, all of item 2 + user modulo `items`.
Dataset users_of(int64_t users, int64_t events, int64_t items) {
  DatasetParts parts;
  parts.user_rows = 2 + users;
  parts.item_rows = 2 + items;
  parts.user_begin = {0, 0, 0};
  for (int64_t user = 0; user < users; ++user) {
    for (int64_t event = 0; event < events; ++event) parts.items.push_back(static_cast<int32_t>(2 + user % items));
    parts.user_begin.push_back(static_cast<int64_t>(parts.items.size()));
  }
  return Dataset::from_memory(std::move(parts));
}

bool is_unread(const TrainPlan& plan, const std::string& key, int64_t vectors_per_user = 1) {
  const auto unread = unread_settings(plan, vectors_per_user);
  return std::any_of(unread.begin(), unread.end(), [&](const UnreadSetting& setting) { return setting.key == key; });
}

TEST(PlanChecks, SettingsAreUnreadWhereAnotherLossSamplerOrModelHasThem) {
  const TrainPlan softmax = small_plan("softmax", 1, 0.1);
  for (const char* key : {"training.reduction", "loss.margin", "loss.gbce_t", "sampler.num_negatives", "sampler.mine_from", "sampler.queue_size", "contrastive.views"}) {
    EXPECT_TRUE(is_unread(softmax, key)) << key;
  }
  EXPECT_FALSE(is_unread(softmax, "training.reduction", 4));
  EXPECT_TRUE(is_unread(softmax, "training.reduction_power", 4));  // small_plan's reduction is max
  TrainPlan hinge = small_plan("hinge", 1, 0.1);
  hinge.train.sampler = "hard";
  for (const char* key : {"loss.margin", "sampler.num_negatives", "sampler.shared", "sampler.hard_source"}) EXPECT_FALSE(is_unread(hinge, key)) << key;
  EXPECT_TRUE(is_unread(hinge, "sampler.mine_from"));
  hinge.sampler.hard_source = "mined";
  EXPECT_FALSE(is_unread(hinge, "sampler.mine_from"));
  TrainPlan own = small_plan("sampled_softmax", 1, 0.1);  // its own sampler is popularity
  EXPECT_FALSE(is_unread(own, "sampler.alpha"));
  own.train.sampler = "in_batch";
  EXPECT_TRUE(is_unread(own, "sampler.alpha"));
  EXPECT_TRUE(is_unread(own, "sampler.num_negatives"));
}

TEST(PlanChecks, AModelOfHistoriesNeedsOne) {
  const Dataset single = users_of(6, 1, 3), walks = users_of(6, 2, 3);
  const HistoryRule first = {.max_length = 5, .first_events = true};
  const auto checked = [&](const char* model, const Dataset& dataset, const HistoryRule& rule) {
    return refusal([&] { check_histories(find_model(model), dataset, all_training(dataset), rule); });
  };
  EXPECT_NE(checked("sasrec", single, first).find("sasrec reads histories, and no user has one"), std::string::npos);
  EXPECT_NE(checked("mind", single, first).find("dssm, facebook_dssm, youtube_dnn, youtube_sbc"), std::string::npos);
  EXPECT_EQ(checked("dssm", single, first), "");
  EXPECT_EQ(checked("sasrec", walks, first), "");
  Split one_target = all_training(single);
  one_target.one_target = true;
  EXPECT_NE(refusal([&] { check_histories(find_model("gru4rec"), single, one_target, {.max_length = 5}); }), "");
}

TEST(PlanChecks, NegativesOfTheBatchNeedOtherTargetsInIt) {
  const Dataset dataset = eight_sequences();
  const Split split = all_training(dataset);
  const SessionParallel alone(dataset, split, 1), two(dataset, split, 2);
  EXPECT_NE(refusal([&] { check_batch_negatives("in_batch", 0, 1, alone); }).find("raise batch_size (now 1)"), std::string::npos);
  EXPECT_NE(refusal([&] { check_batch_negatives("in_batch", 0, 2, alone); }).find("too few sequences"), std::string::npos);
  EXPECT_EQ(refusal([&] { check_batch_negatives("in_batch", 0, 2, two); }), "");
  EXPECT_EQ(refusal([&] { check_batch_negatives("uniform", 0, 1, alone); }), "");
  EXPECT_NE(refusal([&] { check_batch_negatives("hard", 2, 1, alone); }).find("other users' targets"), std::string::npos);
  EXPECT_EQ(refusal([&] { check_batch_negatives("hard", 2, 2, two); }), "");
}

TEST(PlanChecks, SamplerHardHasTwoHardNegativesUnlessGivenAndNeedsItems) {
  const Dataset dataset = eight_sequences(), one_item = users_of(4, 3, 1);
  const auto hard_of = [&](const std::string& sampler, int64_t given, const Dataset& data) {
    SamplerOptions options;
    if (given >= 0) options.hard_negatives = given;
    return NegativeSource(sampler, options, find_loss("hinge"), data, all_training(data)).hard_in_batch();
  };
  EXPECT_EQ(hard_of("hard", -1, dataset), 2);
  EXPECT_EQ(hard_of("hard", 5, dataset), 5);
  EXPECT_EQ(hard_of("uniform", -1, dataset), 0);
  EXPECT_NE(refusal([&] { hard_of("hard", 0, dataset); }).find("sampler hard with hard_negatives 0"), std::string::npos);
  EXPECT_NE(refusal([&] { hard_of("hard", -1, one_item); }).find("the catalogue is one item"), std::string::npos);
}

}  // namespace
}  // namespace rechub
