#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rechub/base/options.h"
#include "rechub/data/given_values.h"
#include "rechub/serve/calibration.h"
#include "rechub/serve/fusion.h"
#include "rechub/serve/live_features.h"
#include "rechub/serve/model_channel.h"

namespace rechub {

inline constexpr int64_t kMostCandidates = 100000;  // that a channel brings

struct RecallOptions {
  std::vector<std::string> channels = {};
  std::string fusion = "reciprocal_rank";
  int64_t depth = 200;
  std::string rescore = "";
  int64_t rescore_candidates = 1000;
  std::string fallback = "popularity";
  std::string index = "Flat";
  bool calibrate = false;  // learn probabilities though `fusion` needs none, for requests that do; not an option of the command line
  void describe(OptionVisitor& visitor);
};

struct RequestedDiversity {  // ComiRec's factor (index/diversity.h)
  double weight = 0;
  std::string feature;  // sparse item feature
  int64_t pool = 0;     // candidates that are chosen from, k at least; 0: 10 k
};

struct RecallRequest {
  UserRequest who;
  int64_t k = 10;
  ItemFilter filter;
  std::optional<bool> filter_seen;    // default: unless the data has repeat consumption
  std::vector<std::string> channels;  // by name; empty: those of the options
  RequestedDiversity diversity;
  std::string fusion;                  // "": that of the options
  std::optional<std::string> rescore;  // likewise
};

struct RecallAnswer {
  struct Item {
    std::string item;
    float score = 0;
    uint64_t channels = 0;  // bits by Recall::channel_names()
  };
  std::vector<Item> items;                                           // best first
  std::string fallback;                                              // why the fallback channel brought items: as no_history says, or "too few items"; "": it did not
  std::string no_history;                                            // "unknown user", "empty history": there is none to go by, whoever brought the items; "": there is one
  int64_t unknown_history = 0, unknown_allow = 0, unknown_deny = 0;  // ids that no catalogue has
  std::vector<std::string> unknown_features = {};                    // of user and context, and sequences: those given a value that no bundle saw in training
};

void check_bundle_names(const std::vector<std::string>& names);  // throws kUsage for two of one name, and for the name of another channel

// Bundles and the channels beside them, put together: recall by channels, fusion, exact re-scoring of many candidates by a better model, diversity. Thread-safe: but
// for the features of live items (change) and the items of its models (ModelChannel) it does not change once it is made.
class Recall {
 public:
  struct NamedEncoder {
    std::string name;
    std::unique_ptr<Encoder> encoder;
  };
  // At least one encoder. Throws kUsage for options that do not fit, naming the known channels.
  Recall(std::vector<NamedEncoder> encoders, const RecallOptions& options);

  // Of `features` and `sequences` each model takes what its data has; what none has is refused, whatever channels are asked.
  RecallAnswer recommend(const RecallRequest& request) const;  // throws kUsage and kData for what does not fit, in words for who asks
  void check_request(const RecallRequest& request) const;      // throws what recommend throws of channels, fusion, rescore and diversity

  // By item vectors of the bundle `model` ("": the first). Throws kNotFound for an unknown item.
  RecallAnswer similar(const std::string& item, const std::string& model, const ItemFilter& filter, int64_t k) const;

  const std::vector<std::string>& channel_names() const { return names_; }  // bundles first
  size_t num_models() const { return models_.size(); }
  ModelChannel& model(size_t index) { return *models_[index]; }
  const ModelChannel& model(size_t index) const { return *models_[index]; }
  // The bundle whose data says what items are: the first whose items have features of values, not numbers alone; else the first. Labels, diversity and content are by it.
  size_t described() const { return described_; }
  const Dataset& described_dataset() const { return models_[described_]->encoder().dataset(); }
  const KnownNames& known(size_t model) const { return known_[model]; }
  // What of an item's features goes to a model: those its data has, where there are several models; all, where there is one.
  nlohmann::json item_part(size_t model, const nlohmann::json& features) const;
  const LiveFeatures& live_features() const { return *live_features_; }  // of described_dataset()
  // The features of a live item of the bundle described(), for live_features() and all channels without a model (Channel::change). The channels must be there when it is called.
  std::function<void()> change(const std::string& item, const nlohmann::json& features);
  uint64_t items_version() const;                                             // grows with every change of any model's items
  const std::vector<double>& weights() const { return weights_; }             // of the channels; 0: only where asked for by name
  const Dataset& dataset() const { return models_[0]->encoder().dataset(); }  // of the first bundle

 private:
  struct Plan;  // what a request asks for, by channel
  class Asked;  // what of the models it is answered by
  Plan plan(const RecallRequest& request) const;
  size_t channel_index(const std::string& name, const char* source) const;
  std::vector<std::string> possible_channels() const;
  size_t model_index(const std::string& name, const char* source) const;
  const Channel& channel(size_t index) const { return index < models_.size() ? static_cast<const Channel&>(*models_[index]) : *others_[index - models_.size()]; }
  std::vector<std::string> unknown_features(const UserRequest& who) const;
  ChannelData data_of(const ChannelEntry& entry, bool is_all) const;
  void read_channels(const std::vector<std::string>& specs);
  void calibrate();
  std::vector<ScoredItem> ask(size_t index, const ChannelRequest& request, Asked& asked) const;
  std::vector<ScoredItem> calibrated(size_t index, std::vector<ScoredItem> items) const;
  RecallAnswer fused(const RecallRequest& request, const ItemFilter& filter, const Plan& plan, Asked& asked, int64_t count) const;
  static void rescore(const LiveSnapshot& items, std::span<const float> user, RecallAnswer& answer);
  void diversify(const RecallRequest& request, RecallAnswer& answer) const;
  void fill_up(const RecallRequest& request, const ItemFilter& filter, Asked& asked, bool is_empty, RecallAnswer& answer) const;
  std::string lack_of_history(const UserRequest& who) const;

  RecallOptions options_;
  std::vector<std::string> names_;
  std::vector<double> weights_;
  std::vector<std::unique_ptr<ModelChannel>> models_;
  std::vector<std::unique_ptr<Channel>> others_;
  std::vector<Calibration> calibrations_;  // of each channel, or empty: not learnt
  size_t fallback_ = 0;                    // a channel
  size_t described_ = 0;                   // a model
  std::unique_ptr<LiveFeatures> live_features_;
  std::vector<KnownNames> known_;  // of each model's data
};

}  // namespace rechub
