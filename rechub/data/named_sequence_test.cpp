#include "rechub/data/named_sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/data/batch.h"
#include "rechub/data/memory_plan.h"
#include "rechub/data/prepare.h"
#include "rechub/data/schema.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const LogLine kSilent = [](const std::string&) {};

// Users a and b watch films and search for words; c searches, but watches nothing.
class NamedSequences : public testing::Test {
 protected:
  PrepareOptions options() const {
    PrepareOptions options;
    options.interactions = {folder_.write("watches.csv", "user,film,time\na,1,10\na,2,20\na,3,30\na,4,40\nb,2,15\nb,3,25\nb,1,35\n")};
    options.item_col = "film";
    options.sequences = {"searches=" + folder_.write("searches.csv", "time,query,user\n12,cats,a\n5,dogs,a\n20,cars,a\n30,cats,a\n20,dogs,b\n7,sky,c\n")};
    return options;
  }
  Dataset make(const PrepareOptions& options) const { return prepare(options, folder_.path("out"), kSilent); }
  std::pair<ErrorKind, std::string> refusal(const PrepareOptions& options) const {
    return error_of([&] { prepare(options, folder_.path("refused"), kSilent); });
  }

  // The values of a sequence at every readout of a batch.
  static std::vector<std::string> values(const Dataset& dataset, const SequenceBatch& batch, size_t sequence = 0) {
    const FeatureSpec& spec = dataset.sequences()[sequence].spec;
    const BatchColumn& column = batch.context_columns[batch.context_columns.size() - dataset.sequences().size() + sequence];
    std::vector<std::string> lines;
    for (size_t r = 0; r < column.begin.size(); ++r) {
      lines.emplace_back();
      for (int64_t i = column.begin[r]; i < column.end[r]; ++i)
        lines.back() += (lines.back().empty() ? "" : " ") + dataset.space(spec.space).text(static_cast<int32_t>(column.codes[i]));
    }
    return lines;
  }

  TestFolder folder_;
};

TEST_F(NamedSequences, AreSortedInTimeAndBelongToTheUsersOfTheEvents) {
  const Dataset dataset = make(options());
  ASSERT_EQ(dataset.sequences().size(), 1U);
  const NamedSequence& searches = dataset.sequences()[0];
  EXPECT_EQ(searches.spec.name, "searches");
  EXPECT_EQ(searches.spec.kind, FeatureKind::kMulti);
  EXPECT_EQ(searches.spec.rows, 3 + kFirstIndex) << "what only c searched for is no value";
  EXPECT_THAT(searches.begin, ElementsAre(0, 0, 0, 4, 0));
  EXPECT_THAT(searches.end, ElementsAre(0, 0, 4, 5, 0));
  EXPECT_THAT(searches.times, ElementsAre(5, 12, 20, 30, 20));
  std::string words;
  for (const int32_t code : searches.codes) words += dataset.space("searches").text(code) + " ";
  EXPECT_EQ(words, "dogs cats cars cats dogs ");
  const auto& entry = dataset.manifest()["sequences"][0];
  EXPECT_EQ(entry["rows"]["unknown_users"], 1);
  EXPECT_EQ(entry["values"], 5);
  EXPECT_EQ(make_schema(dataset).context.back().name, "searches");
}

// Targets of a: 2 at 20, 3 at 30, 4 at 40; of b: 3 at 25, 1 at 35. A search at the time of the target is not known yet.
TEST_F(NamedSequences, AReadoutKnowsWhatLiesBeforeItsTarget) {
  const Dataset dataset = make(options());
  Split split;
  split.train_end.assign(dataset.user_begin().begin() + 1, dataset.user_begin().end());
  const auto at_targets = [&](const HistoryRule& rule, bool causal) { return values(dataset, make_sequence_batch(dataset, training_windows(dataset, split, rule, causal), rule)); };
  for (const bool causal : {false, true}) {
    EXPECT_THAT(at_targets({.max_length = 50}, causal), ElementsAre("dogs cats", "dogs cats cars", "dogs cats cars cats", "dogs", "dogs"));
  }
  // With room for two, the window of the targets at 30 and 40 comes first, as the newest one does.
  EXPECT_THAT(at_targets({.max_length = 2}, true), ElementsAre("cats cars", "cars cats", "dogs cats", "dogs", "dogs"));
}

TEST_F(NamedSequences, JudgingKnowsWhatLiesBeforeTheTargetOrTheCut) {
  const Dataset dataset = make(options());
  const auto at_cases = [&](const std::vector<EvaluationCase>& cases) {
    std::vector<Window> windows;
    for (const EvaluationCase& question : cases) windows.push_back(case_window(question, 50));
    return values(dataset, make_sequence_batch(dataset, windows, {50}));
  };
  const Split last = make_split(dataset, "leave-one-out");
  EXPECT_THAT(at_cases(last.valid), ElementsAre("dogs cats cars", "dogs"));
  EXPECT_THAT(at_cases(last.test), ElementsAre("dogs cats cars cats", "dogs"));
}

// Of seven events the fifth in time begins validation, at 30, and the sixth the test, at 35. The target of a is of 40, but what a searched for at 37 is not known at the cut.
TEST_F(NamedSequences, ACutInTimeCutsThemToo) {
  PrepareOptions late = options();
  late.sequences = {"searches=" + folder_.write("late.csv", "time,query,user\n12,cats,a\n34,cars,a\n37,late,a\n")};
  const Dataset dataset = make(late);
  const Split split = make_split(dataset, "time:0.6,0.1,0.3");
  const auto at_cases = [&](const std::vector<EvaluationCase>& cases) {
    std::vector<Window> windows;
    for (const EvaluationCase& question : cases) windows.push_back(case_window(question, 50));
    return values(dataset, make_sequence_batch(dataset, windows, {50}));
  };
  EXPECT_THAT(at_cases(split.valid), ElementsAre("cats"));
  EXPECT_THAT(at_cases(split.test), ElementsAre("cats cars", ""));
  EXPECT_THAT(at_cases(make_split(dataset, "leave-one-out").test), ElementsAre("cats cars late", ""));
}

TEST_F(NamedSequences, GivenHistoriesComeWithAllTheUsersValues) {
  const Dataset dataset = make(options());
  const std::vector<int32_t> users = {dataset.user_ids().find("b"), kUnknownIndex, dataset.user_ids().find("a")};
  const std::vector<std::vector<int32_t>> histories = {{2}, {2, 3}, {}};
  EXPECT_THAT(values(dataset, make_history_batch(dataset, users, histories, 3)), ElementsAre("dogs", "", "cats cars cats"));
}

TEST_F(NamedSequences, ItemsAreThoseOfTheCatalogue) {
  PrepareOptions with_carts = options();
  with_carts.sequences.push_back("carts=" + folder_.write("carts.csv", "user,film,time,shop\na,3,11,x\na,9,12,x\nb,1,13,y\n"));
  const Dataset dataset = make(with_carts);
  ASSERT_EQ(dataset.sequences().size(), 2U);
  const NamedSequence& carts = dataset.sequences()[1];
  EXPECT_EQ(carts.spec.space, kItemSpace);
  EXPECT_EQ(carts.spec.rows, dataset.item_rows());
  EXPECT_THAT(carts.codes, ElementsAre(dataset.item_ids().find("3"), dataset.item_ids().find("1")));
  EXPECT_EQ(dataset.manifest()["sequences"][1]["rows"]["unknown_items"], 1) << "film 9 is not in the catalogue";
}

TEST_F(NamedSequences, AQueryMayBeItsWords) {
  PrepareOptions words = options();
  words.sequences = {"searches=" + folder_.write("words.csv", "user,query,time\na,red shoes,5\na,blue shoes,15\n")};
  words.features = folder_.write("features.toml", "[features.query]\nkind = \"multi\"\nseparator = \" \"\nembed_dim = 8\n");
  const Dataset dataset = make(words);
  EXPECT_EQ(dataset.sequences()[0].spec.embed_dim, 8);
  EXPECT_EQ(dataset.sequences()[0].codes.size(), 4U);
  EXPECT_EQ(dataset.space("searches").size(), 3);
}

TEST_F(NamedSequences, SessionsShareTheSequenceOfTheirUser) {
  PrepareOptions sessions = options();
  sessions.interactions = {folder_.write("sessions.csv", "user,film,time,visit\na,1,10,x\na,2,11,x\na,3,40,y\na,4,41,y\nb,2,15,x\n")};
  sessions.session_col = "visit";
  const Dataset dataset = make(sessions);
  EXPECT_THAT(dataset.sequences()[0].begin, ElementsAre(0, 0, 0, 0, 4, 0));
  EXPECT_THAT(dataset.sequences()[0].end, ElementsAre(0, 0, 4, 4, 5, 0));
}

TEST_F(NamedSequences, RunsOnDiskChangeNothing) {
  std::string searches = "user,query,time\n";
  for (int i = 0; i < 100'000; ++i) searches += fmt::format("{},q{},{}\n", i % 2 == 0 ? "a" : "b", i % 77, (i * 7919) % 1000);
  PrepareOptions many = options();
  many.sequences = {"searches=" + folder_.write("many.csv", searches)};
  prepare(many, folder_.path("memory"), kSilent);
  prepare(many, folder_.path("disk"), kSilent, {.sorter_bytes = 1 << 20});
  EXPECT_EQ(folder_.read("disk/sequences/searches.arrow"), folder_.read("memory/sequences/searches.arrow"));
}

TEST_F(NamedSequences, WhatCannotBeUnderstoodIsSaid) {
  PrepareOptions bad = options();
  bad.sequences = {"searches.csv"};
  EXPECT_THAT(refusal(bad), testing::Pair(ErrorKind::kUsage, HasSubstr("NAME=FILE or NAME=FILE:COLUMN is expected, as searches=searches.csv, got 'searches.csv'")));
  const std::string wide = folder_.write("wide.csv", "user,query,device,time\na,x,y,1\n");
  bad.sequences = {"searches=" + wide};
  EXPECT_THAT(refusal(bad), testing::Pair(ErrorKind::kData, AllOf(HasSubstr("which column holds the values of the sequence 'searches'"), HasSubstr("user, query, device, time"))));
  bad.sequences = {"searches=" + wide + ":qeury"};
  EXPECT_THAT(refusal(bad), testing::Pair(ErrorKind::kData, HasSubstr("did you mean query?")));
  bad.sequences = {"searches=" + folder_.write("strangers.csv", "user,query,time\nx,cats,1\n")};
  EXPECT_THAT(refusal(bad), testing::Pair(ErrorKind::kData, HasSubstr("none of the 1 rows of the sequence 'searches' belongs to a user of the interactions")));
  bad.sequences = {"searches=" + folder_.write("milliseconds.csv", "user,query,time\na,cats,1500000000000\n")};
  EXPECT_THAT(refusal(bad), testing::Pair(ErrorKind::kData, AllOf(HasSubstr("count milliseconds"), HasSubstr("the sequence 'searches' must use the same unit"))));
  bad.sequences = {"searches=" + folder_.write("bad.csv", "user,query,time\na,cats,1\na,dogs,soon\n")};
  EXPECT_THAT(refusal(bad), testing::Pair(ErrorKind::kData, AllOf(HasSubstr("bad.csv, row 2"), HasSubstr("soon"))));
  bad = options();
  bad.time_col = "none";
  EXPECT_THAT(refusal(bad), testing::Pair(ErrorKind::kUsage, HasSubstr("sequences need times")));
}

TEST_F(NamedSequences, ADamagedFileIsRefused) {
  make(options());
  for (const char* file : {"out/sequences/searches.arrow", "out/users.arrow"}) {
    const std::string whole = folder_.read(file);
    folder_.write(file, whole.substr(0, whole.size() - 8));
    EXPECT_THAT(error_of([&] { Dataset::open(folder_.path("out")); }), testing::Pair(ErrorKind::kData, HasSubstr(file)));
    std::string flipped = whole;
    flipped[flipped.size() / 2] ^= 1;
    folder_.write(file, flipped);
    EXPECT_EQ(error_of([&] { Dataset::open(folder_.path("out"), true); }).first, ErrorKind::kData);
    folder_.write(file, whole);
  }
  EXPECT_EQ(Dataset::open(folder_.path("out"), true).sequences().size(), 1U);
}

}  // namespace
}  // namespace rechub
