#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rechub/matching/features.h"
#include "rechub/matching/match_model.h"

namespace rechub::matching {

// The models with the constructor arguments and defaults of Torch-RecHub's documentation. Each is one file that says what the arguments are to the engine's model, whose paper and
// equations stand in rechub/models. All throw kUsage for arguments that do not fit together, naming them and what to change. `max_length`: events of a history that are used, the
// newest ones.

// A tower: hidden layers of all widths but the last, with `activation` and dropout behind each, then a linear layer of the last width, that of the vectors.
struct TowerParams {
  std::vector<int64_t> dims = {256, 128, 64};
  double dropout = 0;
  std::string activation = "relu";  // relu, prelu, gelu, tanh, sigmoid, leaky_relu, silu
};

struct DSSMArguments {
  std::vector<Feature> user_features, item_features;
  double temperature = 0.02;
  TowerParams user_params, item_params;  // of equal last width
  int64_t max_length = 50;
};
class DSSM : public MatchModel {
 public:
  explicit DSSM(const DSSMArguments& arguments);
};

// Deeper towers. In mode 1 it learns by the paper's hinge, margin .2, against 512 random items and the two hardest of the batch.
struct FaceBookDSSMArguments {
  std::vector<Feature> user_features, item_features;
  TowerParams user_params = {{512, 256, 128}}, item_params = {{512, 256, 128}};  // of equal last width
  double temperature = 1;                                                        // the document has none: cosines as they are, which the margin is for
  int64_t max_length = 50;
};
class FaceBookDSSM : public MatchModel {
 public:
  explicit FaceBookDSSM(const FaceBookDSSMArguments& arguments);
};

// In mode 2 it learns by the softmax over the batch's items, corrected for how often each is in a batch, which is learnt from the batches.
struct YoutubeSBCArguments {
  std::vector<Feature> user_features, item_features;
  TowerParams user_params;
  std::optional<TowerParams> item_params;  // the document has none: as user_params
  double temperature = 0.02;
  int64_t max_length = 50;
};
class YoutubeSBC : public MatchModel {
 public:
  explicit YoutubeSBC(const YoutubeSBCArguments& arguments);
};

// Items are the history's own vectors, projected to the last width of the user's tower.
struct YoutubeDNNArguments {
  std::vector<Feature> user_features, item_features;
  TowerParams user_params;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class YoutubeDNN : public MatchModel {
 public:
  explicit YoutubeDNN(const YoutubeDNNArguments& arguments);
};

// In sequence models items are projected to `embedding_dim`, the width of the vectors, unless their features have that width together.
struct GRU4RecArguments {
  std::vector<Feature> user_features, item_features;
  int64_t embedding_dim = 32;
  int64_t hidden_size = 64;
  int64_t num_layers = 2;
  double dropout = 0.2;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class GRU4Rec : public MatchModel {
 public:
  explicit GRU4Rec(const GRU4RecArguments& arguments);
};

struct NARMArguments {
  std::vector<Feature> user_features, item_features;
  int64_t embedding_dim = 32;
  int64_t hidden_size = 64;
  int64_t num_layers = 1;
  double dropout = 0.2;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class NARM : public MatchModel {
 public:
  explicit NARM(const NARMArguments& arguments);
};

struct SASRecArguments {
  std::vector<Feature> user_features, item_features;
  int64_t embedding_dim = 32;
  int64_t num_heads = 4;  // divides embedding_dim
  int64_t num_layers = 2;
  int64_t hidden_size = 128;  // of the feed-forward networks
  double dropout = 0.2;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class SASRec : public MatchModel {
 public:
  explicit SASRec(const SASRecArguments& arguments);
};

struct STAMPArguments {
  std::vector<Feature> user_features, item_features;
  int64_t embedding_dim = 32;
  int64_t hidden_size = 128;  // of the attention
  double dropout = 0.2;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class STAMP : public MatchModel {
 public:
  explicit STAMP(const STAMPArguments& arguments);
};

// The multi-interest models have n_interest vectors a user, of which the largest cosine counts, SINE one joined from them. `num_layers` blocks of self-attention with `num_heads`
// heads and feed-forward networks `hidden_size` wide stand between the history and the interests; the papers have none.

// The layers of user_params turn each interest and the user's features into a vector as wide as their last width, to which items are projected. `n_items`: ids of items are below
// it; 0: the vocab_size of the item's id.
struct MINDArguments {
  std::vector<Feature> user_features, item_features;
  TowerParams user_params;
  int64_t n_items = 0;
  int64_t n_interest = 4;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class MIND : public MatchModel {
 public:
  explicit MIND(const MINDArguments& arguments);
};

struct ComirecDRArguments {
  std::vector<Feature> user_features, item_features;
  int64_t embedding_dim = 32;
  int64_t hidden_size = 128;
  int64_t num_layers = 2;
  int64_t n_interest = 4;
  double dropout = 0.2;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class ComirecDR : public MatchModel {
 public:
  explicit ComirecDR(const ComirecDRArguments& arguments);
};

// hidden_size is the inner width of the attention that finds the interests, too.
struct ComirecSAArguments {
  std::vector<Feature> user_features, item_features;
  int64_t embedding_dim = 32;
  int64_t num_heads = 4;  // divides embedding_dim
  int64_t num_layers = 2;
  int64_t hidden_size = 128;
  int64_t n_interest = 4;
  double dropout = 0.2;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class ComirecSA : public MatchModel {
 public:
  explicit ComirecSA(const ComirecSAArguments& arguments);
};

// hidden_size as in ComirecSA.
struct SINEArguments {
  std::vector<Feature> user_features, item_features;
  int64_t embedding_dim = 32;
  int64_t num_heads = 4;  // divides embedding_dim
  int64_t num_layers = 2;
  int64_t hidden_size = 128;
  double dropout = 0.2;
  int64_t n_interest = 4;
  double temperature = 0.02;
  int64_t max_length = 50;
};
class SINE : public MatchModel {
 public:
  explicit SINE(const SINEArguments& arguments);
};

}  // namespace rechub::matching
