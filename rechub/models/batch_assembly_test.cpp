#include "rechub/models/batch_assembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/prepare.h"
#include "rechub/data/schema.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

// Users with carts of items beside their events, and a favourite item.
class ItemCodes : public testing::Test {
 protected:
  ItemCodes() : dataset_(prepare(options(), folder_.path("out"), [](const std::string&) {})), split_(make_split(dataset_, "leave-one-out")) {}

  SequenceBatch sequences() const { return make_sequence_batch(dataset_, training_windows(dataset_, split_, {50}, true), {50}); }

  // Puts back what a leaf's rows stand for.
  static std::vector<int64_t> raw(std::vector<int64_t> codes, const LeafRows& leaf) {
    for (int64_t& code : codes) code = leaf.is_whole ? code + leaf.first_row : leaf.rows[code];
    return codes;
  }

  TestFolder folder_;
  Dataset dataset_;
  Split split_;

 private:
  PrepareOptions options() const {
    PrepareOptions options;
    options.interactions = {folder_.write("log.csv", "user,item,time\na,1,10\na,2,20\na,3,30\na,4,40\nb,5,15\nb,3,25\nb,1,35\nb,2,45\n")};
    options.sequences = {"carts=" + folder_.write("carts.csv", "user,item,time\na,4,5\na,2,12\nb,5,16\n")};
    options.user_features = {folder_.write("users.csv", "user,favourite\na,4\nb,6\n")};
    options.features = folder_.write("features.toml", "[features.favourite]\nkind = \"sparse\"\nshared_with = \"items\"\n");
    return options;
  }
};

TEST_F(ItemCodes, ReadTheRowsOfTheirItems) {
  for (const bool use_catalogue : {false, true}) {
    const BatchAssembler assembler(dataset_, use_catalogue, false);
    const SequenceBatch before = sequences();
    AssembledBatch batch = assembler.assemble(sequences(), {}, 1);
    ASSERT_EQ(batch.leaves.size(), 1U) << "one leaf for the items";
    const LeafRows& leaf = batch.leaves[0];
    EXPECT_EQ(raw(batch.sequences.context_columns[0].codes, leaf), before.context_columns[0].codes);
    EXPECT_EQ(raw(batch.sequences.user_columns[0].codes, leaf), before.user_columns[0].codes);
    EXPECT_EQ(before.user_columns[0].codes[1], kUnknownIndex) << "item 6 is not in the catalogue";
    // Histories and targets are positions among the batch's items, which are rows of the leaf.
    std::vector<int64_t> items = batch.items;
    if (use_catalogue) {
      const at::Tensor ids = assembler.catalogue().ids;
      items.assign(ids.const_data_ptr<int64_t>(), ids.const_data_ptr<int64_t>() + ids.numel());
    }
    std::vector<int64_t> history, targets;
    for (const int64_t position : batch.sequences.item) history.push_back(items[position]);
    for (const int64_t position : batch.sequences.target) targets.push_back(items[position]);
    EXPECT_EQ(raw(history, leaf), before.item);
    EXPECT_EQ(raw(targets, leaf), before.target);
  }
}

// A readout lies anywhere in the packed batch, behind other users' events.
TEST_F(ItemCodes, AReadoutIsReadAtItsLastEvent) {
  for (const int64_t max_length : {1, 50}) {
    SequenceBatch batch = make_sequence_batch(dataset_, training_windows(dataset_, split_, {max_length}, true), {max_length});
    const std::vector<int64_t> begin = batch.readout_begin, end = batch.readout_end;
    AssembledBatch assembled = BatchAssembler(dataset_, false, false).assemble(std::move(batch), {}, 1);
    const at::Tensor positions = make_user_batch(assembled, nullptr).readout_positions;
    ASSERT_EQ(positions.size(0), static_cast<int64_t>(end.size()));
    EXPECT_GT(begin.back(), 0);
    for (size_t r = 0; r < end.size(); ++r) EXPECT_EQ(positions[static_cast<int64_t>(r)].item<int64_t>(), end[r] - 1) << r;
  }
}

TEST_F(ItemCodes, UsersAreTrainedAsTheUnknownOneAtRandom) {
  const auto users = [&](double share, uint64_t seed) {
    AssembledBatch batch = BatchAssembler(dataset_, false, true, share).assemble(sequences(), {}, seed);
    for (const LeafRows& leaf : batch.leaves) {
      if (leaf.space == kUserSpace) return raw(batch.sequences.user_columns.back().codes, leaf);
    }
    return std::vector<int64_t>();
  };
  EXPECT_EQ(users(0, 1), sequences().user);
  EXPECT_EQ(users(1, 1), std::vector<int64_t>(sequences().user.size(), kUnknownIndex));
  int64_t num_unknown = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    for (const int64_t user : users(0.25, seed)) num_unknown += user == kUnknownIndex ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(num_unknown), 0.25 * 1000 * static_cast<double>(sequences().user.size()), 100);
}

TEST_F(ItemCodes, ShareTheItemsTable) {
  ParameterSet parameters(1);
  const Schema schema = make_schema(dataset_);
  const ItemEncoder items(schema, {}, 24, 16, Init::xavier_normal(), "item", parameters);
  const FeatureEncoder context(schema.context, {}, 16, "context", parameters);
  EXPECT_EQ(parameters.tables().size(), 1U);
  EXPECT_EQ(context.width(), 24);
}

}  // namespace
}  // namespace rechub
