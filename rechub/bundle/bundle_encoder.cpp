#include "rechub/bundle/bundle_encoder.h"

#include <ATen/ATen.h>

#include "rechub/base/checksum.h"
#include "rechub/base/error.h"
#include "rechub/bundle/bundle_index.h"
#include "rechub/bundle/request_encoder.h"

namespace rechub {
namespace {

Bundle verified_bundle(const std::string& directory) {
  Bundle bundle = Bundle::open(directory, true);
  const std::vector<std::string> faults = bundle.verify();
  check(faults.empty(), ErrorKind::kData, "{}: {}", directory, faults.empty() ? "" : faults[0]);
  return bundle;
}

std::vector<float> to_vector(const at::Tensor& tensor) {
  const float* values = tensor.const_data_ptr<float>();
  return {values, values + tensor.numel()};
}

class BundleEncoder : public Encoder {
 public:
  explicit BundleEncoder(const std::string& directory)
      : bundle_(verified_bundle(directory)),
        encoder_(bundle_),
        space_(checksum_file(directory + "/weights.safetensors")),
        items_(bundle_.item_vectors().narrow(0, kFirstIndex, bundle_.dataset().num_items()).contiguous()) {}

  const Dataset& dataset() const override { return bundle_.dataset(); }
  Split split() const override { return make_split(dataset(), bundle_.config().split, bundle_.config().split_seed); }
  std::string space() const override { return space_; }
  int64_t dim() const override { return items_.size(1); }
  std::span<const float> item_vectors() const override { return {items_.const_data_ptr<float>(), static_cast<size_t>(items_.numel())}; }

  std::shared_ptr<const Index> stored_index(const std::string& spec) const override { return open_bundle_index(bundle_, spec); }

  std::vector<float> encode_user(const UserRequest& request) const override {
    RetrievalRequest retrieval;
    retrieval.user = dataset().user_ids().find(request.user);
    if (request.history) retrieval.history = known_history(dataset(), *request.history).items;
    retrieval.given = GivenValues(dataset(), request.features, request.sequences, "the request");
    return to_vector(encoder_.user_vectors({&retrieval, 1}));
  }

  std::vector<float> encode_item(const nlohmann::json& features) const override {
    check(!dataset().item_features().empty(), ErrorKind::kUsage, "the items of this model have no features: give a \"vector\" of {} numbers", dim());
    return to_vector(encoder_.item_vector(given_item_features(dataset(), features, "the request")));
  }

 private:
  Bundle bundle_;
  RequestEncoder encoder_;
  std::string space_;
  at::Tensor items_;  // [N, D]
};

}  // namespace

std::unique_ptr<Encoder> open_encoder(const std::string& directory) { return std::make_unique<BundleEncoder>(directory); }

}  // namespace rechub
