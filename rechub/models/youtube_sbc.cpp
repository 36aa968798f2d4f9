// YoutubeSBC: sampling-bias-corrected neural modeling for large corpus item recommendations (Yi et al., RecSys 2019), as two towers over any features (two_towers.h).
//
//   score = cos(u, v) / temperature;   loss = -reward log softmax over the batch's items of (score - log p)
//
// p is an item's probability of being in a batch, learnt from the batches as they come (their Algorithm 2). The correction falls on every item, the target too, and after the
// temperature. Loss `corrected_softmax` and sampler `in_batch_streaming` are its defaults; rewards are the events' weights.
#include "rechub/models/registry.h"
#include "rechub/models/two_towers.h"

namespace rechub {
namespace {

struct YoutubeSbcOptions : TwoTowerOptions {
  YoutubeSbcOptions() {
    user_dims = {256, 128};
    item_dims = {256, 128};
  }
};

}  // namespace

std::unique_ptr<ModelBuilder> make_youtube_sbc_builder() { return std::make_unique<ModelBuilderOf<YoutubeSbcOptions, TwoTowers>>(); }

}  // namespace rechub
