#include "rechub/models/registry.h"

#include "rechub/base/registry.h"

namespace rechub {
namespace {

// clang-format off
constexpr ModelEntry kModels[] = {
    // name         paper                                                      builder                   loss       sampler
    {"dssm",        "Huang et al., CIKM 2013 (two towers over features)",      make_dssm_builder,        "softmax", "none"},
    {"gru4rec",     "Hidasi et al., ICLR 2016; Hidasi and Karatzoglou, 2018",  make_gru4rec_builder,     "softmax", "none"},
    {"narm",        "Li et al., CIKM 2017",                                    make_narm_builder,        "softmax", "none"},
    {"sasrec",      "Kang and McAuley, ICDM 2018",                             make_sasrec_builder,      "softmax", "none"},
    {"stamp",       "Liu et al., KDD 2018",                                    make_stamp_builder,       "softmax", "none"},
    {"youtube_dnn", "Covington et al., RecSys 2016",                           make_youtube_dnn_builder, "softmax", "none"},
};
// clang-format on

}  // namespace

std::span<const ModelEntry> model_entries() { return kModels; }

std::string model_names() {
  std::string names;
  for (const ModelEntry& entry : kModels) names += (names.empty() ? "" : ", ") + std::string(entry.name);
  return names;
}

const ModelEntry& find_model(const std::string& name) { return find_entry<ModelEntry>(kModels, name, "model"); }

}  // namespace rechub
