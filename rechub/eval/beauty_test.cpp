#include <cstdlib>
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"
#include "rechub/eval/evaluator.h"

namespace rechub {
namespace {

// Amazon Beauty, 5-core: skipped where it is absent, a failure then with RECHUB_REQUIRE_DATA=1.
class Beauty : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* root = std::getenv("RECHUB_DATA");
    const std::string file = std::string(root != nullptr ? root : "../shared/data") + "/beauty/sequences.txt";
    if (!std::filesystem::exists(file)) {
      const char* required = std::getenv("RECHUB_REQUIRE_DATA");
      if (required != nullptr && std::string(required) == "1") FAIL() << file << " is not there";
      GTEST_SKIP() << file << " is not there";
    }
    PrepareOptions options;
    options.format = "sequences";
    options.interactions = {file};
    dataset_ = std::make_unique<Dataset>(prepare(options, folder_.path("dataset"), [](const std::string&) {}));
    split_ = make_split(*dataset_, "leave-one-out");
  }

  Evaluation judge(const std::string& name) const {
    EvaluationOptions options;
    options.bootstrap = 0;
    const auto recommender = find_recommender(name)->fit(*dataset_, split_);
    return evaluate(*dataset_, split_, "test", rank_by_scores(*recommender, dataset_->item_rows()), options);
  }

  TestFolder folder_;
  std::unique_ptr<Dataset> dataset_;
  Split split_;
};

// S3-Rec's published popularity, .0152 and .0068, counts all events, the test items among them.
TEST_F(Beauty, PopularityOverAllEventsIsThePublishedFigure) {
  std::fill(split_.item_counts.begin(), split_.item_counts.end(), 0);
  for (int32_t item : dataset_->items()) ++split_.item_counts[item];
  const Evaluation result = judge("popularity");
  EXPECT_NEAR(result.metrics.at("Hit@10"), 0.0152, 5e-5);
  EXPECT_NEAR(result.metrics.at("NDCG@10"), 0.0068, 5e-5);
}

// Over training events only: figures of a loop in NumPy, written apart from this program.
TEST_F(Beauty, PopularityOverTrainingEvents) {
  const Evaluation result = judge("popularity");
  EXPECT_NEAR(result.metrics.at("Hit@10"), 0.0110, 5e-5);
  EXPECT_NEAR(result.metrics.at("NDCG@10"), 0.0053, 5e-5);
  EXPECT_EQ(result.num_cases, 22363);
  EXPECT_EQ(result.num_items, 12101);
  EXPECT_EQ(result.num_cold_targets, 138);
}

// Matrix factorisation by BPR has .0447 and .0227 (RecBoard, mean of five seeds).
TEST_F(Beauty, ItemKnnIsFarAboveMatrixFactorisation) {
  const Evaluation result = judge("item_knn");
  EXPECT_GT(result.metrics.at("Hit@10"), 0.065);
  EXPECT_GT(result.metrics.at("NDCG@10"), 0.037);
}

}  // namespace
}  // namespace rechub
