// The complete pipeline of the matching documentation (its section 15), line by line: features, data, generator, model, trainer, fit, vectors, top-k. The data are made up here, as
// the document leaves them to the reader: a user clicks items of the category that follows from age and gender.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <numeric>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/base/random.h"
#include "rechub/matching/match_trainer.h"
#include "rechub/matching/models.h"

using namespace rechub::matching;

namespace {

constexpr int64_t kUsers = 500, kItems = 300, kRows = 4000, kCategories = 12;

struct Person {
  float age;
  int64_t gender;
};
Person person_of(int64_t user) { return {static_cast<float>(15 + user % 60), user % 3}; }
int64_t category_of(int64_t item) { return item % kCategories; }
int64_t favourite_of(const Person& person) { return static_cast<int64_t>(person.age - 15) / 15 * 3 + person.gender; }

// Columns of the first `count` users: user_id, age, gender.
Columns users(const std::vector<int64_t>& ids) {
  std::vector<float> age;
  std::vector<int64_t> gender;
  for (int64_t user : ids) {
    age.push_back(person_of(user).age);
    gender.push_back(person_of(user).gender);
  }
  return {{"user_id", Column(ids)}, {"age", Column(age)}, {"gender", Column(gender)}};
}

Columns items(const std::vector<int64_t>& ids) {
  std::vector<int64_t> category;
  for (int64_t item : ids) category.push_back(category_of(item));
  return {{"item_id", Column(ids)}, {"category", Column(category)}};
}

void run() {
  // 1. Features
  const std::vector<Feature> user_features = {SparseFeature{.name = "user_id", .vocab_size = 10000, .embed_dim = 32}, DenseFeature{.name = "age", .embed_dim = 1},
                                              SparseFeature{.name = "gender", .vocab_size = 3, .embed_dim = 8}};
  const std::vector<Feature> item_features = {SparseFeature{.name = "item_id", .vocab_size = 100000, .embed_dim = 32},
                                              SparseFeature{.name = "category", .vocab_size = 1000, .embed_dim = 16}};

  // 2. Data: a column a feature, and labels, clicked or not
  rechub::Random random(1);
  std::vector<int64_t> shown_users, shown_items, label_data;
  for (int64_t row = 0; row < kRows; ++row) {
    const auto user = static_cast<int64_t>(random.below(kUsers));
    int64_t item = static_cast<int64_t>(random.below(kItems));
    if (row % 3 == 0) item = item / kCategories * kCategories + favourite_of(person_of(user));  // so that a good third are clicks
    shown_users.push_back(user);
    shown_items.push_back(item);
    label_data.push_back(category_of(item) == favourite_of(person_of(user)) ? 1 : 0);
  }
  Columns x = users(shown_users);
  x.merge(items(shown_items));
  const Column y(label_data);
  std::vector<int64_t> test_user_ids(10), all_item_ids(kItems);
  std::iota(test_user_ids.begin(), test_user_ids.end(), 0);
  std::iota(all_item_ids.begin(), all_item_ids.end(), 0);
  const Columns x_test_user = users(test_user_ids), x_all_item = items(all_item_ids);

  // 3. Data generator
  const MatchDataGenerator dg(x, y);
  const auto [train_dl, test_dl, item_dl] = dg.generate_dataloader(x_test_user, x_all_item, /*batch_size=*/256, /*num_workers=*/8);

  // 4. Model
  DSSM model({.user_features = user_features,
              .item_features = item_features,
              .temperature = 0.02,
              .user_params = {.dims = {256, 128, 64}, .activation = "prelu"},
              .item_params = {.dims = {256, 128, 64}, .activation = "prelu"}});

  // 5. Trainer
  const OptimizerParams optimizer_params = {.lr = 0.001, .weight_decay = 0.0001};
  MatchTrainer trainer(model, {.mode = 0,  // 0: point-wise, 1: pair-wise, 2: list-wise
                               .optimizer_params = optimizer_params,
                               .n_epoch = 50,
                               .earlystop_patience = 10,
                               .device = "cuda:0",
                               .model_path = "saved/dssm"});

  // 6. Training; the test users have no labels, so a part of the training rows is held out to judge by
  trainer.fit(train_dl, test_dl);

  // 8. Vectors of users and items
  const Embeddings user_embeddings = trainer.inference_embedding(model, "user", test_dl, "saved/dssm");
  const Embeddings item_embeddings = trainer.inference_embedding(model, "item", item_dl, "saved/dssm");

  // The ten best items of each user, by exact search
  const rechub::SearchResult recalled = top_k(user_embeddings, item_embeddings, 10);
  const int64_t user = 0;
  std::printf("user %d: items", static_cast<int>(user));
  int right = 0;
  for (int64_t i = 0; i < 10; ++i) {
    const int32_t item = recalled.positions[user * 10 + i];
    std::printf(" %d", item);
    right += category_of(item) == favourite_of(person_of(user));
  }
  std::printf("; %d of 10 are of the category the user clicks\n", right);
  rechub::check(right >= 8, rechub::ErrorKind::kInternal, "a trained model should find what the user clicks");
}

}  // namespace

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seed_pipeline: %s\n", error.what());
    return 1;
  }
  return 0;
}
