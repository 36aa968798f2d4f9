#include "rechub/bundle/bundle_encoder.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/bundle/bundle_index.h"
#include "rechub/bundle/request_encoder.h"

namespace rechub {
namespace {

constexpr const char* kWeights = "weights.safetensors";

at::Tensor verified_items(const Bundle& bundle) {
  check(bundle.is_verified(kWeights), ErrorKind::kData, "{}: its manifest does not name {}", bundle.directory(), kWeights);  // whose checksum names the space
  const at::Tensor stored = bundle.item_vectors();
  const std::vector<std::string> faults = bundle.verify(stored);
  check(faults.empty(), ErrorKind::kData, "{}: {}", bundle.directory(), faults.empty() ? "" : faults[0]);
  return stored.narrow(0, kFirstIndex, bundle.dataset().num_items()).contiguous();
}

std::vector<float> to_vector(const at::Tensor& tensor) {
  const float* values = tensor.const_data_ptr<float>();
  return {values, values + tensor.numel()};
}

class BundleEncoder : public Encoder {
 public:
  explicit BundleEncoder(const std::string& directory) : bundle_(Bundle::open(directory, true)), encoder_(bundle_), items_(verified_items(bundle_)) {}

  const Dataset& dataset() const override { return bundle_.dataset(); }
  Split split() const override { return make_split(dataset(), bundle_.config().split, bundle_.config().split_seed); }
  std::string space() const override { return bundle_.checksum(kWeights); }
  int64_t dim() const override { return items_.size(1); }
  std::span<const float> item_vectors() const override { return {items_.const_data_ptr<float>(), static_cast<size_t>(items_.numel())}; }

  std::shared_ptr<const Index> stored_index(const std::string& spec) const override { return open_bundle_index(bundle_, spec); }

  std::vector<float> encode_user(const UserRequest& request) const override {
    RetrievalRequest retrieval;
    retrieval.user = dataset().user_ids().find(request.user);
    std::vector<NewEvent> events;
    for (const UserEvent& event : request.history ? std::span<const UserEvent>() : news(dataset(), request)) {
      const int32_t row = dataset().item_ids().find(event.item);
      if (row != kUnknownIndex) events.push_back({row, event.time});
    }
    if (request.history) retrieval.history = known_history(dataset(), *request.history).items;
    retrieval.given = GivenValues(dataset(), request.features, request.sequences, "the request");
    return to_vector(events.empty() ? encoder_.user_vectors({&retrieval, 1}) : encoder_.extended_vectors(retrieval.user, events, retrieval.given));
  }

  std::vector<float> encode_item(const nlohmann::json& features) const override {
    check(!dataset().item_features().empty(), ErrorKind::kUsage, "the items of this model have no features: give a \"vector\" of {} numbers", dim());
    return to_vector(encoder_.item_vector(given_item_features(dataset(), features, "the request")));
  }

 private:
  Bundle bundle_;
  RequestEncoder encoder_;
  at::Tensor items_;  // [N, D]
};

}  // namespace

std::unique_ptr<Encoder> open_encoder(const std::string& directory) { return std::make_unique<BundleEncoder>(directory); }

}  // namespace rechub
