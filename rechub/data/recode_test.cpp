#include "rechub/data/recode.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/data/batch.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class Recode : public testing::Test {
 protected:
  // Prepares a log and a user file, with searches where they are given.
  Dataset make(const std::string& name, const std::string& log, const std::string& users, const std::string& searches = "") const {
    PrepareOptions options;
    options.interactions = {folder_.write(name + ".csv", log)};
    options.history_cols = {"device"};
    options.user_features = {folder_.write(name + "_users.csv", users)};
    if (users.find("tags") != std::string::npos) options.features = folder_.write("features.toml", "[features.tags]\nkind = \"multi\"\nseparator = \"|\"\n");
    if (!searches.empty()) options.sequences = {"searches=" + folder_.write(name + "_searches.csv", searches)};
    return prepare(options, folder_.path(name), [](const std::string&) {});
  }
  Dataset recoded(const Dataset& fresh, const Dataset& known) {
    return recode(fresh, known, [this](const std::string& line) { lines_.push_back(line); });
  }

  TestFolder folder_;
  std::vector<std::string> lines_;
};

constexpr const char* kLog = "user,item,time,device\na,x,1,phone\na,y,2,desk\nb,z,3,phone\nb,x,4,phone\n";
constexpr const char* kUsers = "user,city,age,tags\na,Rome,30.5,p|q\nb,Oslo,20,q\n";

TEST_F(Recode, BringsEverythingIntoTheKnownCodes) {
  const Dataset known = make("known", kLog, kUsers, "user,query,time\na,cats,1\nb,dogs,2\n");
  const Dataset fresh = make("fresh", "user,item,time,device\nc,z,1,tv\nc,new,2,desk\na,y,5,phone\n", "user,city,age,tags\nc,Bonn,41,r|q\na,Oslo,31,p\n",
                             "user,query,time\nc,birds,1\nc,dogs,1\na,cats,4\n");
  const Dataset dataset = recoded(fresh, known);
  const auto item = [&](const char* id) { return known.item_ids().find(std::string_view(id)); };
  EXPECT_EQ(dataset.item_rows(), known.item_rows());
  EXPECT_EQ(dataset.user_ids().text(2) + dataset.item_ids().text(item("z")), "cz");
  EXPECT_THAT(dataset.items(), ElementsAre(item("z"), kUnknownIndex, item("y")));
  EXPECT_THAT(dataset.times(), ElementsAre(1, 2, 5));
  EXPECT_THAT(dataset.user_codes(), ElementsAre(kPaddingIndex, kUnknownIndex, kUnknownIndex, known.user_ids().find(std::string_view("a"))));
  ASSERT_EQ(dataset.user_features().size(), 3U);
  EXPECT_THAT(dataset.user_features()[0].codes, ElementsAre(0, 1, 1, known.space("city").find(std::string_view("Oslo"))));
  // 41 and 31 alone look like two whole numbers, so sparse; the model knows them as numbers.
  EXPECT_EQ(fresh.user_features()[1].spec.kind, FeatureKind::kSparse);
  EXPECT_THAT(dataset.user_features()[1].values, ElementsAre(testing::IsNan(), testing::IsNan(), 41, 31));
  const int32_t p = known.space("tags").find(std::string_view("p")), q = known.space("tags").find(std::string_view("q"));
  EXPECT_THAT(dataset.user_features()[2].codes, ElementsAre(kUnknownIndex, q, p));
  EXPECT_THAT(dataset.user_features()[2].offsets, ElementsAre(0, 0, 0, 2, 3));
  EXPECT_THAT(dataset.event_features()[0].codes,
              ElementsAre(kUnknownIndex, known.space("device").find(std::string_view("desk")), known.space("device").find(std::string_view("phone"))));
  const NamedSequence& searches = dataset.sequences()[0];
  EXPECT_THAT(searches.codes, ElementsAre(known.space("searches").find(std::string_view("dogs")), known.space("searches").find(std::string_view("cats"))));
  EXPECT_THAT(searches.begin, ElementsAre(0, 0, 0, 1)) << "birds were never searched for in training";
  EXPECT_THAT(searches.end, ElementsAre(0, 0, 1, 2));
  EXPECT_THAT(lines_, Contains(HasSubstr("1 of 3 events are of items that the model does not know")));
}

TEST_F(Recode, LinesOfSessionsFilesAreNobodyTwice) {
  const auto sessions = [&](const std::string& name) {
    PrepareOptions options;
    options.interactions = {folder_.write(name + ".sessions", "x y\nz x\n")};
    return prepare(options, folder_.path(name), [](const std::string&) {});
  };
  const Dataset known = sessions("known"), fresh = sessions("fresh");
  EXPECT_TRUE(users_are_lines(known));
  EXPECT_EQ(fresh.user_ids().text(2), known.user_ids().text(2));
  EXPECT_THAT(recoded(fresh, known).user_codes(), testing::Each(kUnknownIndex));
  EXPECT_FALSE(users_are_lines(make("log", kLog, kUsers)));
}

TEST_F(Recode, IsTheSameForTheSameData) {
  const Dataset known = make("known", kLog, kUsers);
  const Dataset again = recoded(known, known);
  EXPECT_TRUE(std::equal(again.items().begin(), again.items().end(), known.items().begin(), known.items().end()));
  for (size_t i = 0; i < known.user_features().size(); ++i) {
    EXPECT_TRUE(std::equal(again.user_features()[i].codes.begin(), again.user_features()[i].codes.end(), known.user_features()[i].codes.begin()));
  }
  EXPECT_TRUE(lines_.empty());
}

TEST_F(Recode, WhatIsMissingIsUnknownAndSaid) {
  const Dataset known = make("known", kLog, kUsers, "user,query,time\na,cats,1\n");
  const Dataset fresh = make("fresh", kLog, "user,city\na,Rome\nb,Oslo\n");
  const Dataset dataset = recoded(fresh, known);
  EXPECT_THAT(dataset.user_features()[1].values, testing::Each(testing::IsNan()));
  EXPECT_THAT(dataset.sequences()[0].end, testing::Each(0));
  EXPECT_THAT(lines_, ElementsAre("the feature age is not in the data: it is unknown in all rows", "the feature tags is not in the data: it is unknown in all rows",
                                  "the sequence searches is not in the data: it is empty for all users"));
}

TEST_F(Recode, WhatCannotBeBroughtIntoTheKnownFormIsRefused) {
  const Dataset known = make("known", kLog, kUsers);
  const Dataset texts = make("texts", kLog, "user,city,age,tags\na,Rome,old,p\nb,Oslo,young,q\n");
  EXPECT_THAT(error_of([&] { recoded(texts, known); }),
              testing::Pair(ErrorKind::kData, HasSubstr("the feature 'age' is not what the model was trained on: numbers are expected, and some")));
  const Dataset others = make("others", "user,item,time,device\na,1,1,phone\na,2,2,desk\n", "user,city,age,tags\na,Rome,30,p\n");
  EXPECT_THAT(error_of([&] { recoded(others, known); }), testing::Pair(ErrorKind::kData, HasSubstr("none of the items of")));
}

}  // namespace
}  // namespace rechub
