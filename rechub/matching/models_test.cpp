#include "rechub/matching/models.h"

#include <functional>
#include <type_traits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/matching/match_trainer.h"
#include "rechub/matching/test_data.h"

namespace rechub::matching {
namespace {

using ::testing::HasSubstr;
using namespace test_data;

// The walks, each of a user of one of four segments.
Columns walks_by_segment() {
  Columns columns = walks(1);
  std::vector<int64_t> segments;
  for (int64_t i = 0; i < kItems; ++i) segments.push_back(i % 4);
  columns.emplace("segment", ids(segments));
  return columns;
}

// The vectors of users, then of items, after two epochs on the walks.
std::vector<float> trained_vectors(MatchModel model) {
  set_quiet(true);
  const DataLoaders loaders = MatchDataGenerator(walks_by_segment()).generate_dataloader(without_items(walks_by_segment()), all_items(), 8, 0);
  MatchTrainerOptions options;
  options.mode = 2;
  options.n_epoch = 2;
  options.validation_share = 0;
  MatchTrainer trainer(model, options);
  trainer.fit(loaders.train);
  std::vector<float> vectors = trainer.inference_embedding(model, "user", loaders.test).values;
  const std::vector<float> items = trainer.inference_embedding(model, "item", loaders.item).values;
  vectors.insert(vectors.end(), items.begin(), items.end());
  set_quiet(false);
  return vectors;
}

template <class Arguments>
Arguments small() {
  Arguments arguments;
  arguments.user_features = walk_features();
  arguments.item_features = item_features();
  if constexpr (requires { arguments.user_params; }) arguments.user_params = {{16, 8}, 0.2, "prelu"};
  if constexpr (requires { arguments.item_params; }) arguments.item_params = {{16, 8}, 0.2, "prelu"};
  if constexpr (requires { arguments.embedding_dim; }) arguments.embedding_dim = 8;
  if constexpr (requires { arguments.hidden_size; }) arguments.hidden_size = 12;
  if constexpr (requires { arguments.num_heads; }) arguments.num_heads = 2;
  if constexpr (
      requires { arguments.num_layers; } && requires { arguments.n_interest; })
    arguments.num_layers = 1;
  return arguments;
}

// Another value of an argument, and the argument as docs/parameters.md shows it.
template <class Arguments>
struct Change {
  std::string argument;
  std::function<void(Arguments&)> make;
  std::function<std::string(const Arguments&)> shown;
};

template <class Arguments>
using Changes = std::vector<Change<Arguments>>;

std::string text_of(const std::vector<int64_t>& widths) { return fmt::format("{}", fmt::join(widths, ",")); }
template <class Number>
std::string text_of(const Number& value) {
  return fmt::format("{}", value);
}

std::string text_of(const std::vector<Feature>& features) {
  std::vector<std::string> names;
  for (const Feature& feature : features) names.push_back(name_of(feature));
  return fmt::format("{}", fmt::join(names, ", "));
}

template <class A, class T>
Change<A> to(const char* argument, T A::*field, std::type_identity_t<T> value) {
  return {argument, [=](A& a) { a.*field = value; }, [=](const A& a) { return text_of(a.*field); }};
}

template <class A, class T>
Change<A> tower_to(const char* argument, TowerParams A::*tower, T TowerParams::*field, std::type_identity_t<T> value) {
  return {argument, [=](A& a) { a.*tower.*field = value; }, [=](const A& a) { return text_of(a.*tower.*field); }};
}

template <class A>
Changes<A> of_all_models() {
  return {{"user_features",
           [](A& a) {
             a.user_features.push_back(SparseFeature{"segment", 4, 4});
           },
           [](const A& a) { return text_of(a.user_features); }},
          {"item_features", [](A& a) { a.item_features.pop_back(); }, [](const A& a) { return text_of(a.item_features); }},
          to("temperature", &A::temperature, 0.05),
          to("max_length", &A::max_length, 2)};
}

template <class A>
Changes<A> of_pooled_history() {
  return {{"user_features.pooling", [](A& a) { std::get<SequenceFeature>(a.user_features[0]).pooling = "sum"; },
           [](const A& a) { return std::get<SequenceFeature>(a.user_features[0]).pooling; }}};
}

template <class A>
Changes<A> of_user_tower() {
  return {tower_to("user_params.dims", &A::user_params, &TowerParams::dims, {12, 8}), tower_to("user_params.dropout", &A::user_params, &TowerParams::dropout, 0),
          tower_to("user_params.activation", &A::user_params, &TowerParams::activation, "relu")};
}

template <class A>
Changes<A> of_item_tower() {
  return {tower_to("item_params.dims", &A::item_params, &TowerParams::dims, {12, 8}), tower_to("item_params.dropout", &A::item_params, &TowerParams::dropout, 0),
          tower_to("item_params.activation", &A::item_params, &TowerParams::activation, "relu")};
}

template <class A>
Changes<A> of_sequence_models() {
  return {to("embedding_dim", &A::embedding_dim, 12), to("hidden_size", &A::hidden_size, 10), to("dropout", &A::dropout, 0)};
}

// Every change gives other vectors; none gives the same ones. What was changed and whether it mattered is recorded, for tools/parameter_effects.py.
template <class ModelClass, class Arguments>
void expect_effects(std::initializer_list<Changes<Arguments>> changes) {
  const std::string model = ModelClass(small<Arguments>()).name();
  const std::vector<float> base = trained_vectors(ModelClass(small<Arguments>()));
  EXPECT_EQ(trained_vectors(ModelClass(small<Arguments>())), base);
  for (const Changes<Arguments>& some : changes) {
    for (const Change<Arguments>& change : some) {
      const Arguments before = small<Arguments>();
      Arguments after = before;
      change.make(after);
      const bool differs = trained_vectors(ModelClass(after)) != base;
      EXPECT_TRUE(differs) << change.argument;
      testing::Test::RecordProperty(model + "." + change.argument, fmt::format("{}|{}|{}", change.shown(before), change.shown(after), differs ? "yes" : "NO"));
    }
  }
}

TEST(MatchingModels, EveryArgumentOfDssmHasAnEffect) {
  using A = DSSMArguments;
  expect_effects<DSSM, A>({of_all_models<A>(), of_pooled_history<A>(), of_user_tower<A>(), of_item_tower<A>()});
}

TEST(MatchingModels, EveryArgumentOfFaceBookDssmHasAnEffect) {
  using A = FaceBookDSSMArguments;
  expect_effects<FaceBookDSSM, A>({of_all_models<A>(), of_pooled_history<A>(), of_user_tower<A>(), of_item_tower<A>()});
}

TEST(MatchingModels, EveryArgumentOfYoutubeSbcHasAnEffect) {
  using A = YoutubeSBCArguments;
  const Change<A> item_tower = {"item_params.dims", [](A& a) { a.item_params->dims = {12, 8}; }, [](const A& a) { return text_of(a.item_params->dims); }};
  expect_effects<YoutubeSBC, A>({of_all_models<A>(), of_pooled_history<A>(), of_user_tower<A>(), {item_tower}});
}

TEST(MatchingModels, EveryArgumentOfYoutubeDnnHasAnEffect) {
  using A = YoutubeDNNArguments;
  expect_effects<YoutubeDNN, A>({of_all_models<A>(), of_pooled_history<A>(), of_user_tower<A>()});
}

TEST(MatchingModels, EveryArgumentOfGru4RecHasAnEffect) {
  using A = GRU4RecArguments;
  expect_effects<GRU4Rec, A>({of_all_models<A>(), of_sequence_models<A>(), {to("num_layers", &A::num_layers, 1)}});
}

TEST(MatchingModels, EveryArgumentOfNarmHasAnEffect) {
  using A = NARMArguments;
  expect_effects<NARM, A>({of_all_models<A>(), of_sequence_models<A>(), {to("num_layers", &A::num_layers, 2)}});
}

TEST(MatchingModels, EveryArgumentOfSasRecHasAnEffect) {
  using A = SASRecArguments;
  expect_effects<SASRec, A>({of_all_models<A>(), of_sequence_models<A>(), {to("num_heads", &A::num_heads, 4), to("num_layers", &A::num_layers, 1)}});
}

TEST(MatchingModels, EveryArgumentOfStampHasAnEffect) {
  using A = STAMPArguments;
  expect_effects<STAMP, A>({of_all_models<A>(), of_sequence_models<A>()});
}

TEST(MatchingModels, EveryArgumentOfMindHasAnEffect) {
  using A = MINDArguments;
  expect_effects<MIND, A>({of_all_models<A>(), of_user_tower<A>(), {to("n_items", &A::n_items, kItems + 5), to("n_interest", &A::n_interest, 2)}});
}

TEST(MatchingModels, EveryArgumentOfComirecDrHasAnEffect) {
  using A = ComirecDRArguments;
  expect_effects<ComirecDR, A>({of_all_models<A>(), of_sequence_models<A>(), {to("num_layers", &A::num_layers, 2), to("n_interest", &A::n_interest, 2)}});
}

template <class ModelClass, class A>
void expect_effects_of_attention() {
  expect_effects<ModelClass, A>(
      {of_all_models<A>(), of_sequence_models<A>(), {to("num_heads", &A::num_heads, 4), to("num_layers", &A::num_layers, 2), to("n_interest", &A::n_interest, 2)}});
}

TEST(MatchingModels, EveryArgumentOfComirecSaHasAnEffect) { expect_effects_of_attention<ComirecSA, ComirecSAArguments>(); }
TEST(MatchingModels, EveryArgumentOfSineHasAnEffect) { expect_effects_of_attention<SINE, SINEArguments>(); }

// The losses of the two papers, in the mode of their kind: other weights than the mode's usual loss gives, and the walks are learnt.
TEST(MatchingModels, PapersLossesAreTakenInTheModeOfTheirKind) {
  const auto in_mode = [](auto model, int mode) {
    const DataLoaders loaders = MatchDataGenerator(walks(4)).generate_dataloader(without_items(walks(1)), all_items(), 16, 0);
    MatchTrainerOptions options;
    options.mode = mode;
    options.n_epoch = 60;
    options.optimizer_params.lr = 0.01;
    MatchTrainer trainer(model, options);
    trainer.fit(loaders.train);
    const SearchResult found = top_k(trainer.inference_embedding(model, "user", loaders.test), trainer.inference_embedding(model, "item", loaders.item), 1);
    int64_t right = 0;
    for (int64_t row = 0; row < kItems; ++row) right += found.positions[row] == (row + 3) % kItems;
    return right;
  };
  const auto features = [](auto arguments) {
    arguments.user_features = walk_features();
    arguments.item_features = item_features();
    arguments.user_params = {{32, 16}};
    return arguments;
  };
  FaceBookDSSMArguments facebook = features(FaceBookDSSMArguments());
  facebook.item_params = {{32, 16}};
  YoutubeSBCArguments sbc = features(YoutubeSBCArguments());
  sbc.temperature = 0.1;
  for (int mode : {0, 1, 2}) {
    EXPECT_GE(in_mode(FaceBookDSSM(facebook), mode), 18) << mode;
    EXPECT_GE(in_mode(YoutubeSBC(sbc), mode), 18) << mode;
  }
}

// Three of the interests of a history of three events are copies of the first (MIND), and an item may score best with any of them.
TEST(MatchingModels, MultiInterestModelsHaveAVectorForEachInterest) {
  set_quiet(true);
  const DataLoaders loaders = MatchDataGenerator(walks(1)).generate_dataloader(without_items(walks(1)), all_items(), 8, 0);
  const auto vectors_per_user = [&](MatchModel model) {
    MatchTrainerOptions options;
    options.mode = 2;
    options.n_epoch = 1;
    options.validation_share = 0;
    MatchTrainer trainer(model, options);
    trainer.fit(loaders.train);
    return trainer.inference_embedding(model, "user", loaders.test).vectors_per_row;
  };
  EXPECT_EQ(vectors_per_user(MIND(small<MINDArguments>())), 4);
  EXPECT_EQ(vectors_per_user(ComirecDR(small<ComirecDRArguments>())), 4);
  EXPECT_EQ(vectors_per_user(ComirecSA(small<ComirecSAArguments>())), 4);
  EXPECT_EQ(vectors_per_user(SINE(small<SINEArguments>())), 1);
  set_quiet(false);
}

// The defaults of the document.
TEST(MatchingModels, DefaultsAreTheDocuments) {
  EXPECT_EQ(DSSMArguments().temperature, 0.02);
  EXPECT_EQ(YoutubeDNNArguments().temperature, 0.02);
  EXPECT_EQ(FaceBookDSSMArguments().user_params.dims, (std::vector<int64_t>{512, 256, 128}));
  EXPECT_EQ(FaceBookDSSMArguments().item_params.dims, (std::vector<int64_t>{512, 256, 128}));
  EXPECT_EQ(YoutubeSBCArguments().temperature, 0.02);
  const GRU4RecArguments gru4rec;
  EXPECT_EQ(std::make_tuple(gru4rec.embedding_dim, gru4rec.hidden_size, gru4rec.num_layers, gru4rec.dropout, gru4rec.temperature), std::make_tuple(32, 64, 2, 0.2, 0.02));
  const SASRecArguments sasrec;
  EXPECT_EQ(std::make_tuple(sasrec.embedding_dim, sasrec.num_heads, sasrec.num_layers, sasrec.hidden_size, sasrec.dropout, sasrec.temperature),
            std::make_tuple(32, 4, 2, 128, 0.2, 0.02));
  const NARMArguments narm;
  EXPECT_EQ(std::make_tuple(narm.embedding_dim, narm.hidden_size, narm.num_layers, narm.dropout, narm.temperature), std::make_tuple(32, 64, 1, 0.2, 0.02));
  const STAMPArguments stamp;
  EXPECT_EQ(std::make_tuple(stamp.embedding_dim, stamp.hidden_size, stamp.dropout, stamp.temperature), std::make_tuple(32, 128, 0.2, 0.02));
  EXPECT_EQ(std::make_tuple(MINDArguments().n_interest, MINDArguments().temperature), std::make_tuple(4, 0.02));
  const ComirecDRArguments dr;
  EXPECT_EQ(std::make_tuple(dr.embedding_dim, dr.hidden_size, dr.num_layers, dr.n_interest, dr.dropout, dr.temperature), std::make_tuple(32, 128, 2, 4, 0.2, 0.02));
  const ComirecSAArguments sa;
  EXPECT_EQ(std::make_tuple(sa.embedding_dim, sa.num_heads, sa.num_layers, sa.hidden_size, sa.n_interest, sa.dropout, sa.temperature),
            std::make_tuple(32, 4, 2, 128, 4, 0.2, 0.02));
  const SINEArguments sine;
  EXPECT_EQ(std::make_tuple(sine.embedding_dim, sine.num_heads, sine.num_layers, sine.hidden_size, sine.n_interest, sine.dropout, sine.temperature),
            std::make_tuple(32, 4, 2, 128, 4, 0.2, 0.02));
}

template <class ModelClass, class Arguments>
std::string refusal(const std::function<void(Arguments&)>& change) {
  Arguments changed = small<Arguments>();
  change(changed);
  try {
    ModelClass model(changed);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST(MatchingModels, ArgumentsThatDoNotFitAreRefusedBeforeTraining) {
  EXPECT_THAT((refusal<DSSM, DSSMArguments>([](auto& a) { a.item_params.dims = {16, 9}; })), HasSubstr("user_params' dims is 8 and of item_params' 9"));
  EXPECT_THAT((refusal<DSSM, DSSMArguments>([](auto& a) { a.user_params.dims.clear(); })), HasSubstr("user_params has no dims"));
  EXPECT_THAT((refusal<DSSM, DSSMArguments>([](auto& a) { a.temperature = 0; })), HasSubstr("temperature should be above 0"));
  EXPECT_THAT((refusal<DSSM, DSSMArguments>([](auto& a) { a.user_params.activation = "swoosh"; })), HasSubstr("unknown activation 'swoosh'"));
  EXPECT_THAT((refusal<SASRec, SASRecArguments>([](auto& a) { a.num_heads = 3; })), HasSubstr("num_heads should divide embedding_dim, got 3 and 8"));
  EXPECT_THAT((refusal<SASRec, SASRecArguments>([](auto& a) { a.user_features = {SparseFeature{"a", 2, 2}}; })), HasSubstr("SASRec reads a history"));
  EXPECT_THAT((refusal<MIND, MINDArguments>([](auto& a) { a.n_interest = 0; })), HasSubstr("MIND: n_interest should be 1 or more, got 0"));
  EXPECT_THAT((refusal<MIND, MINDArguments>([](auto& a) { a.n_items = -1; })), HasSubstr("n_items should be 1 or more"));
  EXPECT_THAT((refusal<ComirecSA, ComirecSAArguments>([](auto& a) { a.num_heads = 3; })), HasSubstr("num_heads should divide embedding_dim, got 3 and 8"));
  EXPECT_THAT((refusal<GRU4Rec, GRU4RecArguments>([](auto& a) { a.num_layers = 0; })), HasSubstr("num_layers should be 1 or more, got 0"));
  EXPECT_THAT((refusal<GRU4Rec, GRU4RecArguments>([](auto& a) { a.dropout = 1; })), HasSubstr("dropout should be from 0 to below 1, got 1"));
  EXPECT_THAT((refusal<NARM, NARMArguments>([](auto& a) { a.hidden_size = 0; })), HasSubstr("NARM: hidden_size should be 1 or more, got 0"));
  EXPECT_THAT((refusal<STAMP, STAMPArguments>([](auto& a) { a.user_features = {SparseFeature{"a", 2, 2}}; })), HasSubstr("STAMP reads a history"));
}

}  // namespace
}  // namespace rechub::matching
