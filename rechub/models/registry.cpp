#include "rechub/models/registry.h"

#include "rechub/base/registry.h"

namespace rechub {
namespace {

// clang-format off
constexpr ModelEntry kModels[] = {
    // name           paper                                                      builder                     loss                 sampler               reduction
    {"comirec_dr",    "Cen et al., KDD 2020 (dynamic routing)",                  make_comirec_dr_builder,    "softmax",           "none",               "max"},
    {"comirec_sa",    "Cen et al., KDD 2020 (self-attention)",                   make_comirec_sa_builder,    "softmax",           "none",               "max"},
    {"dssm",          "Huang et al., CIKM 2013 (two towers over features)",      make_dssm_builder,          "softmax",           "none",               "max"},
    {"facebook_dssm", "Huang et al., KDD 2020 (deep towers, hinge)",             make_facebook_dssm_builder, "hinge",             "hard",               "max"},
    {"gru4rec",       "Hidasi et al., ICLR 2016; Hidasi and Karatzoglou, 2018",  make_gru4rec_builder,       "softmax",           "none",               "max"},
    {"mind",          "Li et al., CIKM 2019",                                    make_mind_builder,          "softmax",           "none",               "label_attention"},
    {"narm",          "Li et al., CIKM 2017",                                    make_narm_builder,          "softmax",           "none",               "max"},
    {"sasrec",        "Kang and McAuley, ICDM 2018",                             make_sasrec_builder,        "softmax",           "none",               "max"},
    {"sine",          "Tan et al., WSDM 2021",                                   make_sine_builder,          "softmax",           "none",               "max"},
    {"stamp",         "Liu et al., KDD 2018",                                    make_stamp_builder,         "softmax",           "none",               "max"},
    {"youtube_dnn",   "Covington et al., RecSys 2016",                           make_youtube_dnn_builder,   "softmax",           "none",               "max"},
    {"youtube_sbc",   "Yi et al., RecSys 2019 (sampling-bias-corrected)",        make_youtube_sbc_builder,   "corrected_softmax", "in_batch_streaming", "max"},
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
