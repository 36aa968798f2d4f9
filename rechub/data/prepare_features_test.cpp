#include <cmath>
#include <map>

#include <arrow/builder.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"
#include "rechub/data/trigrams.h"

namespace rechub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const LogLine kSilent = [](const std::string&) {};
constexpr const char* kLog = "user,item,time\na,x,1\na,y,2\nb,y,3\nb,z,4\n";

PrepareOptions with_log(const TestFolder& folder, const std::string& log = kLog) {
  PrepareOptions options;
  options.interactions = {folder.write("log.csv", log)};
  return options;
}

PrepareOptions with_items(const TestFolder& folder, const std::string& items) {
  PrepareOptions options = with_log(folder);
  options.item_features = {folder.write("items.csv", items)};
  return options;
}

const FeatureColumn& column(const FeatureTable& table, const std::string& name) {
  for (const FeatureColumn& candidate : table) {
    if (candidate.spec.name == name) return candidate;
  }
  throw std::runtime_error("no feature " + name);
}

// Values of a sparse feature as text, from row 2 on.
std::vector<std::string> texts(const Dataset& dataset, const FeatureColumn& feature) {
  std::vector<std::string> result;
  for (size_t row = kFirstIndex; row < feature.codes.size(); ++row) result.push_back(dataset.space(feature.spec.space).text(feature.codes[row]));
  return result;
}

std::vector<std::string> lists(const Dataset& dataset, const FeatureColumn& feature) {
  std::vector<std::string> result;
  for (size_t row = kFirstIndex; row + 1 < feature.offsets.size(); ++row) {
    result.emplace_back();
    for (int64_t i = feature.offsets[row]; i < feature.offsets[row + 1]; ++i) result.back() += dataset.space(feature.spec.space).text(feature.codes[static_cast<size_t>(i)]) + ";";
  }
  return result;
}

std::string message_of(const PrepareOptions& options, const TestFolder& folder) {
  return error_of([&] { prepare(options, folder.path("refused"), kSilent); }).second;
}

TEST(PrepareFeatures, JoinsItemsByIdAndGuessesKinds) {
  const TestFolder folder;
  const Dataset dataset = prepare(with_items(folder, "item,brand,price,year\nz,acme,2.5,1999\nx,bolt,1.5,1999\ny,acme,3.5,2001\n"), folder.path("out"), kSilent);
  const FeatureTable& items = dataset.item_features();
  EXPECT_EQ(column(items, "brand").spec.kind, FeatureKind::kSparse);
  EXPECT_THAT(texts(dataset, column(items, "brand")), ElementsAre("bolt", "acme", "acme")) << "x, y, z";
  EXPECT_EQ(column(items, "brand").spec.rows, 4);
  EXPECT_EQ(column(items, "year").spec.kind, FeatureKind::kSparse) << "few different whole numbers";
  EXPECT_EQ(column(items, "price").spec.kind, FeatureKind::kDense);
  EXPECT_THAT(column(items, "price").values, ElementsAre(2.5F, 2.5F, 1.5F, 3.5F, 2.5F)) << "the reserved rows hold the mean";
  EXPECT_THAT(column(items, "brand").codes.first(2), ElementsAre(kPaddingIndex, kUnknownIndex));
}

TEST(PrepareFeatures, ColdItemsJoinBehindTheOthers) {
  const TestFolder folder;
  PrepareOptions options = with_items(folder, "item,brand\nw,cold\nz,acme\nx,bolt\ny,acme\n");
  Dataset dataset = prepare(options, folder.path("out"), kSilent);
  EXPECT_EQ(dataset.num_items(), 4);
  EXPECT_EQ(dataset.item_ids().text(5), "w");
  EXPECT_EQ(dataset.manifest()["cold_items"], 1);
  EXPECT_THAT(texts(dataset, column(dataset.item_features(), "brand")), ElementsAre("bolt", "acme", "acme", "cold"));
  options.only_interacted_items = true;
  dataset = prepare(options, folder.path("out2"), kSilent);
  EXPECT_EQ(dataset.num_items(), 3);
  EXPECT_EQ(dataset.space("brand").find("cold"), kUnknownIndex) << "values of rows that are left out are not learned";
}

TEST(PrepareFeatures, UsersWithoutEventsAreLeftOutAndWithoutRowsAreUnknown) {
  const TestFolder folder;
  PrepareOptions options = with_log(folder);
  options.user_features = {folder.write("users.csv", "user,gender\nc,F\nb,M\n")};
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  EXPECT_EQ(dataset.num_users(), 2);
  EXPECT_THAT(column(dataset.user_features(), "gender").codes, ElementsAre(0, 1, 1, 2)) << "a has no row";
  EXPECT_EQ(dataset.manifest()["rows"]["user_rows"]["unknown_ids"], 1);
}

TEST(PrepareFeatures, AnIdWithTwoRowsIsRefused) {
  const TestFolder folder;
  EXPECT_THAT(message_of(with_items(folder, "item,brand\nx,a\ny,b\nx,c\n"), folder), testing::AllOf(HasSubstr("items.csv, row 3"), HasSubstr("'x'"), HasSubstr("the 1.")));
}

TEST(PrepareFeatures, FilesThatShareNoIdAreRefused) {
  const TestFolder folder;
  EXPECT_THAT(message_of(with_items(folder, "item,brand\nX,a\nY,b\n"), folder), HasSubstr("spelled in the same way"));
}

TEST(PrepareFeatures, MissingNumbersAreRefusedUnlessFilled) {
  const TestFolder folder;
  for (const std::string missing : {"", "nan"}) {
    PrepareOptions options = with_items(folder, "item,price\nx,1.5\ny," + missing + "\nz,4.5\n");
    EXPECT_THAT(message_of(options, folder), testing::AllOf(HasSubstr("items.csv, row 2, column 'price'"), HasSubstr("--missing mean"))) << missing;
    options.missing = "zero";
    options.overwrite = true;
    EXPECT_EQ(column(prepare(options, folder.path("zero"), kSilent).item_features(), "price").values[3], 0.0F);
    options.missing = "mean";
    EXPECT_TRUE(std::isnan(column(prepare(options, folder.path("mean"), kSilent).item_features(), "price").values[3])) << "filled later, by training rows";
  }
  EXPECT_THAT(message_of(with_items(folder, "item,price\nx,1.5\ny,2.5\n"), folder), HasSubstr("'z'")) << "an item without a row";
  EXPECT_THAT(message_of(with_items(folder, "item,price\nx,1.5\ny,inf\nz,1\n"), folder), testing::AllOf(HasSubstr("row 2"), HasSubstr("finite")));
}

TEST(PrepareFeatures, FreeTextIsLeftOutUnlessNamed) {
  const TestFolder folder;
  std::string items = "item,title\nx,Red Shoes\ny,Blue Shoes\nz,Hat\n";
  for (int i = 0; i < 200; ++i) items += fmt::format("c{},title number {}\n", i, i);
  PrepareOptions options = with_items(folder, items);
  EXPECT_TRUE(prepare(options, folder.path("out"), kSilent).item_features().empty());
  options.text_cols = {"title"};
  options.text_buckets = 1000;
  const Dataset dataset = prepare(options, folder.path("out2"), kSilent);
  const FeatureColumn& title = column(dataset.item_features(), "title");
  std::vector<int32_t> expected;
  append_trigrams("Hat", 1000, expected);
  const auto row = static_cast<size_t>(dataset.item_ids().find("z"));
  EXPECT_THAT(title.codes.subspan(static_cast<size_t>(title.offsets[row]), expected.size()), testing::ElementsAreArray(expected));
  EXPECT_EQ(title.spec.rows, 1002);
  EXPECT_EQ(title.spec.encoding, "trigrams");
}

TEST(PrepareFeatures, OverridesFromToml) {
  const TestFolder folder;
  PrepareOptions options = with_items(folder, "item,genres,tags,price,note\nx,A|B,B,5,q\ny,,A,20,r\nz,B,C,35,s\n");
  options.features = folder.write("features.toml", R"(
[features.genres]
kind = "multi"
separator = "|"
pooling = "max"
embed_dim = 16
[features.tags]
shared_with = "genres"
[features.price]
kind = "buckets"
boundaries = [10, 30]
[features."item.note"]
kind = "ignore"
)");
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  const FeatureTable& items = dataset.item_features();
  ASSERT_EQ(items.size(), 3U);
  EXPECT_THAT(lists(dataset, column(items, "genres")), ElementsAre("A;B;", "", "B;"));
  EXPECT_EQ(column(items, "genres").spec.pooling, "max");
  EXPECT_EQ(column(items, "genres").spec.embed_dim, 16);
  EXPECT_EQ(column(items, "tags").spec.space, "genres");
  EXPECT_EQ(column(items, "tags").spec.rows, column(items, "genres").spec.rows);
  EXPECT_EQ(column(items, "tags").spec.rows, 5) << "A, B and C";
  EXPECT_THAT(texts(dataset, column(items, "tags")), ElementsAre("B", "A", "C"));
  EXPECT_THAT(column(items, "price").codes, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(column(items, "price").spec.rows, 5);
}

TEST(PrepareFeatures, OverridesThatCannotBeMeantAreRefused) {
  const TestFolder folder;
  const std::map<std::string, std::string> cases = {
      {"[features.brnd]\nkind = \"sparse\"", "did you mean brand?"},
      {"[features.brand]\nknd = \"sparse\"", "did you mean kind?"},
      {"[features.brand]\nkind = \"spars\"", "did you mean sparse?"},
      {"[features.brand]\nembed_dim = -4", "line 2"},
      {"[features.brand]\nkind = \"buckets\"", "boundaries"},
      {"[features.brand]\nkind = \"multi\"", "separator"},
      {"[features.brand]\nshared_with = \"colour\"", "colour"},
      {"[feature.brand]\nkind = \"sparse\"", "[features.NAME]"},
      {"[features.brand\n", "not valid TOML"},
  };
  for (const auto& [toml, expected] : cases) {
    PrepareOptions options = with_items(folder, "item,brand\nx,a\ny,b\nz,c\n");
    options.features = folder.write("features.toml", toml);
    const auto [kind, message] = error_of([&] { prepare(options, folder.path("out"), kSilent); });
    EXPECT_EQ(kind, ErrorKind::kUsage) << toml;
    EXPECT_THAT(message, HasSubstr(expected)) << toml;
  }
}

TEST(PrepareFeatures, CrossesAreCombinationsOfValues) {
  const TestFolder folder;
  PrepareOptions options = with_log(folder, "user,item,time\na,x,1\nb,x,1\nc,x,1\nd,x,1\n");
  options.user_features = {folder.write("users.csv", "user,gender,age\na,F,1\nb,M,1\nc,F,1\nd,,1\n")};
  options.crosses = {"gender*age"};
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  const FeatureColumn& cross = column(dataset.user_features(), "gender*age");
  EXPECT_THAT(cross.codes, ElementsAre(0, 1, 2, 3, 2, 1));
  EXPECT_EQ(dataset.space("gender*age").text(3), cross_key("M", "1"));
  EXPECT_EQ(cross.spec.rows, 4);
  options.crosses = {"gender*agee"};
  EXPECT_THAT(message_of(options, folder), HasSubstr("gender*agee"));
}

TEST(PrepareFeatures, EqualNamesInTwoFilesAreToldApart) {
  const TestFolder folder;
  PrepareOptions options = with_items(folder, "item,group\nx,a\ny,b\nz,c\n");
  options.user_features = {folder.write("users.csv", "user,group\na,1\nb,2\n")};
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  EXPECT_EQ(dataset.user_features()[0].spec.name, "group");
  EXPECT_EQ(dataset.item_features()[0].spec.name, "item_group");
}

TEST(PrepareFeatures, EventColumnsFollowTheirEvents) {
  const TestFolder folder;
  PrepareOptions options = with_log(folder, "user,item,time,device,watch,query\na,x,30,tv,1.5,red hat\na,y,10,pc,2.5,\nb,x,20,tv,3.5,hat\n");
  options.context_cols = {"device", "query"};
  options.history_cols = {"watch"};
  options.text_cols = {"query"};
  options.text_buckets = 500;
  options.crosses = {};
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  const FeatureTable& events = dataset.event_features();
  const FeatureColumn &device = column(events, "device"), &watch = column(events, "watch"), &query = column(events, "query");
  EXPECT_EQ(device.spec.role, EventRole::kContext);
  EXPECT_EQ(watch.spec.role, EventRole::kHistory);
  EXPECT_THAT(device.codes, ElementsAre(3, 2, 2)) << "y (pc), x (tv), x (tv)";
  EXPECT_THAT(watch.values, ElementsAre(2.5F, 1.5F, 3.5F));
  EXPECT_THAT(query.offsets, ElementsAre(0, 0, 6, 9)) << "red and hat have three trigrams each";
}

TEST(PrepareFeatures, TimeGapsAreLogSpacedAndFirstEventsHaveNone) {
  const TestFolder folder;
  PrepareOptions options = with_log(folder, "user,item,time\na,x,1000000000\na,y,1000000000\na,z,1000000003\na,x,1000009999\nb,x,1000000000\n");
  options.time_gap_buckets = 4;
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  const FeatureColumn& gap = column(dataset.event_features(), "time_gap");
  EXPECT_THAT(gap.codes, ElementsAre(1, 2, 4, 5, 1)) << "none; 0 s; 3 s in [2, 4); beyond 4 s; none";
  EXPECT_THAT(gap.spec.boundaries, ElementsAre(1, 2, 4));
  EXPECT_EQ(gap.spec.rows, 6);
  EXPECT_EQ(gap.spec.role, EventRole::kHistory);
}

std::shared_ptr<arrow::Array> list_of_floats(const std::vector<std::vector<float>>& rows) {
  auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder builder(arrow::default_memory_pool(), values);
  for (const auto& row : rows) {
    EXPECT_TRUE(row.empty() ? builder.AppendNull().ok() : builder.Append().ok());
    EXPECT_TRUE(values->AppendValues(row).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> texts_array(const std::vector<std::string>& rows) {
  arrow::StringBuilder builder;
  EXPECT_TRUE(builder.AppendValues(rows).ok());
  return builder.Finish().ValueOrDie();
}

TEST(PrepareFeatures, VectorsOfParquet) {
  const TestFolder folder;
  PrepareOptions options = with_log(folder);
  const auto schema = arrow::schema({arrow::field("item", arrow::utf8()), arrow::field("embedding", arrow::list(arrow::float32()))});
  write_parquet(folder.path("v.parquet"), arrow::Table::Make(schema, {texts_array({"y", "x", "z"}), list_of_floats({{3, 4}, {1, 2}, {}})}));
  options.item_vectors = {folder.path("v.parquet")};
  EXPECT_THAT(message_of(options, folder), testing::AllOf(HasSubstr("v.parquet, row 3"), HasSubstr("embedding")));
  options.missing = "mean";
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  const FeatureColumn& vectors = column(dataset.item_features(), "embedding");
  EXPECT_EQ(vectors.spec.width, 2);
  EXPECT_THAT(vectors.values, ElementsAre(2, 3, 2, 3, 1, 2, 3, 4, 2, 3)) << "mean, mean, x, y, z by the mean";

  write_parquet(folder.path("v.parquet"), arrow::Table::Make(schema, {texts_array({"y", "x", "z"}), list_of_floats({{3, 4}, {1, 2, 3}, {1, 1}})}));
  EXPECT_THAT(message_of(options, folder), testing::AllOf(HasSubstr("v.parquet, row 2"), HasSubstr("3 numbers, where 2")));
}

TEST(PrepareFeatures, VectorsOfNpyFollowTheRowsOfTheItemFile) {
  const TestFolder folder;
  PrepareOptions options = with_items(folder, "item,brand\nz,a\nx,b\ny,b\n");
  const float numbers[] = {1, 2, 3, 4, 5, 6};
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
  header.resize(117, ' ');
  header += '\n';
  const std::string npy = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + std::string(reinterpret_cast<const char*>(numbers), sizeof numbers);
  options.item_vectors = {folder.write("v.npy", npy)};
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  EXPECT_THAT(column(dataset.item_features(), "item_vector").values.subspan(4), ElementsAre(3, 4, 5, 6, 1, 2)) << "x, y, z";
  options.item_vectors = {folder.write("v.npy", npy.substr(0, npy.size() - 8))};
  EXPECT_THAT(message_of(options, folder), HasSubstr("damaged"));
}

}  // namespace
}  // namespace rechub
