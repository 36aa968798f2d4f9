// FaceBookDSSM: embedding-based retrieval in Facebook search (Huang et al., KDD 2020), as two deep towers over any features (two_towers.h).
//
//   score = cos(u, v);   loss = max(0, margin - cos(u, v+) + cos(u, v-))   over random items and at most two hard ones a positive
//
// The margin is of the score over the temperature, so the temperature stays 1. Loss `hinge` and sampler `hard` are its defaults: what is not wanted is drawn from the catalogue,
// since items that were shown and not clicked made the paper's recall far worse.
#include "rechub/models/registry.h"
#include "rechub/models/two_towers.h"

namespace rechub {
namespace {

struct FacebookDssmOptions : TwoTowerOptions {
  FacebookDssmOptions() {
    temperature = 1;
    user_dims = {512, 256};
    item_dims = {512, 256};
    dim = 128;
  }
};

}  // namespace

std::unique_ptr<ModelBuilder> make_facebook_dssm_builder() { return std::make_unique<ModelBuilderOf<FacebookDssmOptions, TwoTowers>>(); }

}  // namespace rechub
