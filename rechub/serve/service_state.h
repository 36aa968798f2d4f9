#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rechub/data/item_labels.h"
#include "rechub/serve/page_lookup.h"
#include "rechub/serve/request_json.h"
#include "rechub/serve/service.h"

// Private to the service*.cpp files.
namespace rechub {

struct Service::State {
  State(std::vector<Recall::NamedEncoder> encoders, const ServiceOptions& options, int64_t number)
      : version(number), recall(std::move(encoders), options.recall), labels(recall.described_dataset(), "show", options.show) {}
  int64_t version;  // counts swaps, from 1
  Recall recall;
  ItemLabels labels;
  PageLookup lookup{recall, labels};
  std::string openapi;  // the document of these bundles
};

struct Service::Asked {
  RecommendBody body;
  std::vector<Assignment> arms;  // drawn by the user, to be logged
  std::string arms_json;         // "{}" where there are none
  std::shared_ptr<const State> now;
  std::string cache_key;  // "": the answer is not kept
  AnswerVersions versions;
};

bool is_json_type(const std::string& content_type);  // application/json, or nothing

}  // namespace rechub
