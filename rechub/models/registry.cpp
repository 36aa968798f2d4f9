#include "rechub/models/registry.h"

#include "rechub/base/registry.h"

namespace rechub {
namespace {

// clang-format off
constexpr ModelEntry kModels[] = {
    // name           paper                                                      builder                     loss                 sampler               reduction          history
    {"comirec_dr",    "Cen et al., KDD 2020 (dynamic routing)",                  make_comirec_dr_builder,    "softmax",           "none",               "max",             true},
    {"comirec_sa",    "Cen et al., KDD 2020 (self-attention)",                   make_comirec_sa_builder,    "softmax",           "none",               "max",             true},
    {"dssm",          "Huang et al., CIKM 2013 (two towers over features)",      make_dssm_builder,          "softmax",           "none",               "max",             false},
    {"facebook_dssm", "Huang et al., KDD 2020 (deep towers, hinge)",             make_facebook_dssm_builder, "hinge",             "hard",               "max",             false},
    {"gru4rec",       "Hidasi et al., ICLR 2016; Hidasi and Karatzoglou, 2018",  make_gru4rec_builder,       "softmax",           "none",               "max",             true},
    {"mind",          "Li et al., CIKM 2019",                                    make_mind_builder,          "softmax",           "none",               "label_attention", true},
    {"narm",          "Li et al., CIKM 2017",                                    make_narm_builder,          "softmax",           "none",               "max",             true},
    {"sasrec",        "Kang and McAuley, ICDM 2018",                             make_sasrec_builder,        "softmax",           "none",               "max",             true},
    {"sine",          "Tan et al., WSDM 2021",                                   make_sine_builder,          "softmax",           "none",               "max",             true},
    {"stamp",         "Liu et al., KDD 2018",                                    make_stamp_builder,         "softmax",           "none",               "max",             true},
    {"youtube_dnn",   "Covington et al., RecSys 2016",                           make_youtube_dnn_builder,   "softmax",           "none",               "max",             false},
    {"youtube_sbc",   "Yi et al., RecSys 2019 (sampling-bias-corrected)",        make_youtube_sbc_builder,   "corrected_softmax", "in_batch_streaming", "max",             false},
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
