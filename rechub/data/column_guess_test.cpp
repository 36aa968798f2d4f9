#include <arrow/type.h>
#include <gtest/gtest.h>

#include "rechub/data/table.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

int guess(const std::vector<std::string>& names, ColumnRole role, const std::string& wanted = "") {
  arrow::FieldVector fields;
  for (const std::string& name : names) fields.push_back(arrow::field(name, arrow::utf8()));
  return find_column(*arrow::schema(fields), role, wanted);
}

TEST(ColumnGuess, SpellingDoesNotMatter) {
  for (const char* name :
       {"user", "User", "userId", "UserID", "user_id", "USER_ID", "userid", "user id", "user-id", "uid", "household_id", "customerId", "visitorid", "reviewerID"}) {
    EXPECT_EQ(guess({"x", name}, ColumnRole::kUser), 1) << name;
  }
  for (const char* name : {"item", "itemId", "movie_id", "movieId", "product_id", "ProductID", "asin", "sku", "article_id", "clickedItemId"}) {
    EXPECT_EQ(guess({"x", name}, ColumnRole::kItem), 1) << name;
  }
  for (const char* name : {"timestamp", "time", "ts", "date", "datetime", "transaction_timestamp", "event_time", "unixReviewTime", "created_at", "reviewDate"}) {
    EXPECT_EQ(guess({"x", name}, ColumnRole::kTime), 1) << name;
  }
  EXPECT_EQ(guess({"x", "rating"}, ColumnRole::kWeight), 1);
  EXPECT_EQ(guess({"x", "sessionId"}, ColumnRole::kSession), 1);
}

TEST(ColumnGuess, WholeNamesComeBeforeEndingsAndUsersBeforeSessions) {
  EXPECT_EQ(guess({"target_user", "user"}, ColumnRole::kUser), 1);
  EXPECT_EQ(guess({"session_id", "user_id"}, ColumnRole::kUser), 1);
  EXPECT_EQ(guess({"session_id", "item_id"}, ColumnRole::kUser), 0);
  EXPECT_EQ(guess({"parent_asin", "asin"}, ColumnRole::kItem), 1);
  EXPECT_EQ(guess({"date", "timestamp"}, ColumnRole::kTime), 1);
  const std::vector<std::string> complete_journey = {"household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "week", "transaction_timestamp"};
  EXPECT_EQ(guess(complete_journey, ColumnRole::kUser), 0);
  EXPECT_EQ(guess(complete_journey, ColumnRole::kItem), 3);
  EXPECT_EQ(guess(complete_journey, ColumnRole::kTime), 7);
  EXPECT_EQ(guess(complete_journey, ColumnRole::kSession), 2);
  EXPECT_EQ(guess(complete_journey, ColumnRole::kWeight), -1);
}

TEST(ColumnGuess, PartsOfWordsAreNoNames) {
  EXPECT_EQ(guess({"last_update", "runtime", "ts_approx", "lifetime"}, ColumnRole::kTime), -1);
  EXPECT_EQ(guess({"superuser", "users", "user_name", "id"}, ColumnRole::kUser), -1);
  EXPECT_EQ(guess({}, ColumnRole::kItem), -1);
}

TEST(ColumnGuess, TwoThatFitEquallyWellAreRefused) {
  using Expected = std::pair<ErrorKind, std::string>;
  EXPECT_EQ(error_of([] {
              guess({"a", "track_id", "artist_id"}, ColumnRole::kItem);
            }),
            Expected(ErrorKind::kData, "the columns 'track_id' and 'artist_id' both look like the item; say which it is with --item-col"));
  EXPECT_EQ(error_of([] {
              guess({"date", "time"}, ColumnRole::kTime);
            }),
            Expected(ErrorKind::kData, "the columns 'date' and 'time' both look like the time; say which it is with --time-col"));
  EXPECT_EQ(error_of([] {
              guess({"user", "userId", "household"}, ColumnRole::kUser);
            }).second,
            "the columns 'user' and 'userId' both look like the user; say which it is with --user-col");
  EXPECT_EQ(guess({"track_id", "artist_id", "item"}, ColumnRole::kItem), 2);
  EXPECT_EQ(guess({"track_id", "artist_id"}, ColumnRole::kItem, "artist_id"), 1);
}

TEST(ColumnGuess, AWantedColumnIsTakenAsItIsOrRefusedWithTheNearest) {
  EXPECT_EQ(guess({"user", "who"}, ColumnRole::kUser, "who"), 1);
  EXPECT_EQ(error_of([] {
              guess({"user_id", "item"}, ColumnRole::kUser, "usr_id");
            }),
            (std::pair{ErrorKind::kData, std::string("there is no column 'usr_id', which --user-col names (did you mean 'user_id'?); the columns are user_id, item")}));
  EXPECT_EQ(error_of([] { guess({"user_id", "item"}, ColumnRole::kUser, "quux"); }).second, "there is no column 'quux', which --user-col names; the columns are user_id, item");
}

}  // namespace
}  // namespace rechub
