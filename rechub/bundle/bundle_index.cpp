#include "rechub/bundle/bundle_index.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/data/manifest.h"
#include "rechub/index/index_file.h"
#include "rechub/index/registry.h"

namespace rechub {
namespace {

constexpr const char* kIndexFile = "index.rchindex";

}  // namespace

Bundle open_for_new_index(const std::string& directory) {
  const std::vector<DamagedFile> damaged = damaged_files(directory, kBundleFormat, kBundleVersion);
  for (const DamagedFile& file : damaged) check(file.name == kIndexFile, ErrorKind::kData, "{}", file.fault);
  if (!damaged.empty()) {
    remove_from_manifest(directory, kIndexFile);
    std::filesystem::remove(directory + "/" + kIndexFile);
  }
  return Bundle::open(directory, /*verify_bytes=*/false);  // every byte has just been read
}

std::unique_ptr<Index> build_bundle_index(const Bundle& bundle, const std::string& spec, const IndexOptions& options) {
  const at::Tensor all = bundle.item_vectors(), items = all.narrow(0, kFirstIndex, all.size(0) - kFirstIndex).contiguous();
  return build_index(spec, {items.const_data_ptr<float>(), static_cast<size_t>(items.numel())}, items.size(0), items.size(1), options);
}

// Between the two changes of the manifest the file is one it does not name, which is no fault.
void store_bundle_index(const Bundle& bundle, const Index& index) {
  remove_from_manifest(bundle.directory(), kIndexFile);
  index.save(bundle.directory() + "/" + kIndexFile);
  add_to_manifest(bundle.directory(), kIndexFile);
}

std::unique_ptr<Index> open_bundle_index(const Bundle& bundle, const std::string& spec) {
  const std::string path = bundle.directory() + "/" + kIndexFile;
  if (!std::filesystem::exists(path) || IndexFile::open(path, /*verify_bytes=*/false).spec() != spec) return nullptr;
  std::unique_ptr<Index> index = open_index(IndexFile::open(path, /*verify_bytes=*/!bundle.is_verified(kIndexFile)));
  check(index->size() == bundle.dataset().num_items(), ErrorKind::kData, "{}: an index of {} items, but the bundle has {}", path, index->size(), bundle.dataset().num_items());
  return index;
}

CaseRanker rank_by_index(const VectorEncoder& encoder, const CatalogueIndex& index, int64_t depth) {
  return [&encoder, &index, depth](const RankRequest& request) {
    const int64_t k = std::max(depth, request.k);
    const SearchResult found = index.search(encoder.user_vectors(request.cases), k, request.exclude, {}, request.allowed);
    const auto num_cases = static_cast<int64_t>(request.cases.size());
    SearchResult result;
    for (int64_t i = 0; i < num_cases; ++i) {
      const auto first = found.positions.begin() + i * k, last = first + k;
      result.positions.insert(result.positions.end(), first, first + request.k);
      result.scores.insert(result.scores.end(), found.scores.begin() + i * k, found.scores.begin() + i * k + request.k);
      if (request.targets.offsets.empty()) continue;
      for (int64_t t = request.targets.offsets[i]; t < request.targets.offsets[i + 1]; ++t) {
        const auto place = std::find(first, last, request.targets.values[t]);
        result.ranks.push_back(place == last ? std::numeric_limits<double>::infinity() : static_cast<double>(place - first + 1));
      }
    }
    result.ties.assign(result.ranks.size(), 0);
    return result;
  };
}

}  // namespace rechub
