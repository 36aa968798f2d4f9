#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzzed_bundle.h"

#include "rechub/base/error.h"
#include "rechub/serve/request_json.h"

namespace {

const rechub::Recall& recall() {
  static const rechub::Recall made = [] {
    std::vector<rechub::Recall::NamedEncoder> encoders;
    encoders.push_back({"main", std::make_unique<rechub::FakeEncoder>(fuzzed_bundle())});
    rechub::RecallOptions options;
    options.channels = {"main", "item_knn=1", "content=1", "popularity=0"};
    options.calibrate = true;
    return rechub::Recall(std::move(encoders), options);
  }();
  return made;
}

// What is refused is refused in words for who asks.
void refusable(const std::function<void()>& call) {
  try {
    call();
  } catch (const rechub::Error& error) {
    if (error.kind() == rechub::ErrorKind::kInternal || error.kind() == rechub::ErrorKind::kShape) __builtin_trap();
  }
}

}  // namespace

// Any bytes as the body of every route and as an address: refused with Error, or answered with no item twice and no more items than were asked for.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  refusable([&] {
    const nlohmann::json object = rechub::parse_body(input);
    const rechub::RecallRequest request = rechub::parse_recommend(object).request;
    const rechub::RecallAnswer answer = recall().recommend(request);
    if (static_cast<int64_t>(answer.items.size()) > request.k) __builtin_trap();
    for (size_t i = 0; i < answer.items.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (answer.items[i].item == answer.items[j].item) __builtin_trap();
      }
    }
  });
  refusable([&] {
    const rechub::SimilarRequest request = rechub::parse_similar(input);
    recall().similar(request.item, request.channel, request.filter, request.k);
  });
  refusable([&] { rechub::parse_item(input); });
  refusable([&] { rechub::parse_events(input, 1); });
  refusable([&] { rechub::parse_empty(input); });
  refusable([&] { rechub::decode_percent(input, true); });
  refusable([&] { rechub::query_value(input, "query"); });
  return 0;
}
