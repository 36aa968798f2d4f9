// DSSM: deep structured semantic models (Huang et al., CIKM 2013), as two towers over any features (two_towers.h).
//
//   score = cos(u, v) / temperature
//
// The loss is list-wise: softmax over candidates of the scaled cosine (their gamma is 1 / temperature).
#include "rechub/models/registry.h"
#include "rechub/models/two_towers.h"

namespace rechub {

std::unique_ptr<ModelBuilder> make_dssm_builder() { return std::make_unique<ModelBuilderOf<TwoTowerOptions, TwoTowers>>(); }

}  // namespace rechub
