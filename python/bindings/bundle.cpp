#include "rechub/bundle/bundle.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "arrays.h"
#include "bindings.h"
#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/parallel.h"
#include "rechub/bundle/retriever.h"
#include "rechub/cli/user_requests.h"
#include "rechub/data/item_labels.h"

namespace nb = nanobind;

namespace rechub::python {
namespace {

constexpr int64_t kUsersAtOnce = 1024;

// What a list of recommendations is chosen by; as the flags of `rechub recommend`.
struct Choice {
  int64_t k = 10;
  bool exclude_seen = true;
  std::vector<uint8_t> allowed;  // by item row, or empty
  Diversity diversity;
};

// Rows of items, -1 past the end of a list, and their scores: [users, k].
using Lists = std::pair<NumpyArray<int32_t>, NumpyArray<float>>;

Lists to_arrays(const std::vector<std::vector<RetrievedItem>>& lists, int64_t k) {
  std::vector<int32_t> items(lists.size() * k, -1);
  std::vector<float> scores(lists.size() * k, -std::numeric_limits<float>::infinity());
  for (size_t i = 0; i < lists.size(); ++i) {
    for (size_t rank = 0; rank < lists[i].size(); ++rank) {
      items[i * k + rank] = lists[i][rank].item;
      scores[i * k + rank] = lists[i][rank].score;
    }
  }
  const std::vector<size_t> shape = {lists.size(), static_cast<size_t>(k)};
  return {to_numpy(std::move(items), shape), to_numpy(std::move(scores), shape)};
}

const std::string& checked_path(const std::string& path) {
  check(path.find('\0') == std::string::npos, ErrorKind::kUsage, "a path holds no NUL character, got '{}'", path.substr(0, path.find('\0')) + "\\0...");
  return path;
}

// A bundle that is open for questions. Calls may come from several threads.
class OpenBundle {
 public:
  OpenBundle(const std::string& directory, bool verify) : bundle_(Bundle::open(checked_path(directory), verify)), retriever_(bundle_) {}

  const Dataset& dataset() const { return bundle_.dataset(); }
  std::string config() const { return nlohmann::json{{"model", bundle_.config().model}, {"run", bundle_.config().run}, {"options", bundle_.config().model_options}}.dump(); }
  std::string metrics() const { return bundle_.metrics().dump(); }
  std::string manifest() const { return dataset().manifest().dump(); }

  // The rows of raw ids; 1 for those the data set does not have.
  template <class Ids>
  std::vector<int32_t> rows_of(const Vocabulary& vocabulary, const Ids& ids) const {
    std::vector<int32_t> rows;
    rows.reserve(ids.size());
    for (const auto& id : ids) rows.push_back(vocabulary.find(id));
    return rows;
  }
  const Vocabulary& vocabulary(const std::string& of) const { return of == "user" ? dataset().user_ids() : dataset().item_ids(); }

  Choice choice(int64_t k, bool exclude_seen, const std::optional<InputArray<uint8_t>>& allowed, double diversity, const std::string& feature, int64_t pool) const {
    check(k >= 1 && k <= 10000, ErrorKind::kUsage, "k must be from 1 to 10,000, got {}", k);
    check(diversity >= 0, ErrorKind::kUsage, "diversity must be 0 or more, got {}", diversity);
    check(diversity == 0 || !feature.empty(), ErrorKind::kUsage, "diversity needs diversity_feature: the item feature that the list should vary in");
    Choice choice{k, exclude_seen, {}, {}};
    if (allowed) {
      check(static_cast<int64_t>(allowed->size()) == dataset().item_rows(), ErrorKind::kShape, "allowed must have {} entries, got {}", dataset().item_rows(), allowed->size());
      choice.allowed.assign(allowed->data(), allowed->data() + allowed->size());
    }
    if (!feature.empty()) choice.diversity = {diversity, sparse_item_feature(dataset(), "diversity_feature", feature).codes, pool > 0 ? pool : 10 * k};
    return choice;
  }

  using Results = std::vector<std::vector<RetrievedItem>>;
  Results recommend(std::span<const RetrievalRequest> requests, const Choice& choice) const {
    at::set_num_threads(num_threads());
    Results results;
    for_some(requests, [&](auto some) {
      for (auto& list : retriever_.recommend(some, choice.k, choice.exclude_seen, choice.allowed, choice.diversity)) results.push_back(std::move(list));
    });
    return results;
  }
  Results similar(std::span<const int32_t> items, const Choice& choice) const {
    Results results;
    for (const int32_t item : items) {
      check_interruption();
      results.push_back(retriever_.similar(item, choice.k, choice.allowed, choice.diversity));
    }
    return results;
  }
  at::Tensor user_vectors(std::span<const RetrievalRequest> requests) const {
    at::set_num_threads(num_threads());
    std::vector<at::Tensor> parts;
    for_some(requests, [&](auto some) { parts.push_back(retriever_.user_vectors(some)); });
    return parts.empty() ? retriever_.user_vectors({}) : at::cat(parts, 0);
  }
  at::Tensor item_vectors() const { return bundle_.item_vectors().narrow(0, kFirstIndex, dataset().num_items()); }
  std::vector<std::string> verify() const { return bundle_.verify(bundle_.item_vectors()); }

 private:
  // Piece by piece, as memory has room for them and Ctrl-C is heard between them.
  template <class Call>
  static void for_some(std::span<const RetrievalRequest> requests, const Call& call) {
    for (size_t begin = 0; begin < requests.size(); begin += kUsersAtOnce) {
      check_interruption();
      call(requests.subspan(begin, std::min<size_t>(kUsersAtOnce, requests.size() - begin)));
    }
  }

  Bundle bundle_;
  Retriever retriever_;
};

std::vector<RetrievalRequest> requests_of(const OpenBundle& bundle, const InputArray<int32_t>& rows) {
  std::vector<RetrievalRequest> requests(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    check(rows.data()[i] >= kUnknownIndex && rows.data()[i] < bundle.dataset().user_rows(), ErrorKind::kNotFound, "there is no user in row {}", rows.data()[i]);
    requests[i].user = rows.data()[i];
  }
  return requests;
}

// A JSON list of what `rechub recommend --users FILE.jsonl` reads as lines.
std::vector<RetrievalRequest> requests_of(const OpenBundle& bundle, const std::string& text) {
  std::vector<RetrievalRequest> requests;
  cli::UnknownValues unknown;
  for (const nlohmann::json& object : nlohmann::json::parse(text)) {
    requests.push_back(cli::request_from_json(bundle.dataset(), object, fmt::format("request {} (from 0)", requests.size())).request);
    unknown.count(requests.back());
  }
  unknown.warn();
  return requests;
}

// recommend and user_vectors for rows of users and for requests in JSON.
template <class Input>
void bind_questions(nb::class_<OpenBundle>& bundle) {
  bundle.def(
      "recommend",
      [](const OpenBundle& self, const Input& users, int64_t k, bool exclude_seen, const std::optional<InputArray<uint8_t>>& allowed, double diversity,
         const std::string& diversity_feature, int64_t diversity_pool) {
        return to_arrays(without_gil([&] {
                           const auto requests = requests_of(self, users);
                           return self.recommend(requests, self.choice(k, exclude_seen, allowed, diversity, diversity_feature, diversity_pool));
                         }),
                         k);
      },
      nb::arg("users"), nb::arg("k"), nb::arg("exclude_seen"), nb::arg("allowed").none() = nb::none(), nb::arg("diversity") = 0., nb::arg("diversity_feature") = "",
      nb::arg("diversity_pool") = 0);
  bundle.def(
      "user_vectors", [](const OpenBundle& self, const Input& users) { return to_array(without_gil([&] { return self.user_vectors(requests_of(self, users)); })); },
      nb::arg("users"));
}

template <class Ids>
NumpyArray<int32_t> rows_of(const OpenBundle& bundle, const std::string& of, const Ids& ids) {
  return to_numpy(without_gil([&] { return bundle.rows_of(bundle.vocabulary(of), ids); }), {ids.size()});
}

}  // namespace

void bind_bundle(nb::module_& module) {
  nb::class_<OpenBundle> bundle(module, "Bundle", "A bundle that is open for questions. Users and items are rows: reserved ones are 0 (padding) and 1 (unknown).");
  bundle
      .def(
          "__init__", [](OpenBundle* self, const std::string& directory, bool verify) { without_gil([&] { new (self) OpenBundle(directory, verify); }); }, nb::arg("directory"),
          nb::arg("verify") = true, "verify: read every byte and compare its checksum.")
      .def_prop_ro("config", &OpenBundle::config)
      .def_prop_ro("metrics", &OpenBundle::metrics)
      .def_prop_ro("manifest", &OpenBundle::manifest)
      .def_prop_ro("has_repeats", [](const OpenBundle& self) { return self.dataset().has_repeats(); })
      .def_prop_ro("num_users", [](const OpenBundle& self) { return self.dataset().num_users(); })
      .def_prop_ro("num_items", [](const OpenBundle& self) { return self.dataset().num_items(); })
      .def(
          "ids",
          [](const OpenBundle& self, const std::string& of) -> nb::object {
            const Vocabulary& vocabulary = self.vocabulary(of);
            if (!vocabulary.is_integer()) {
              nb::list texts;
              for (int32_t row = kFirstIndex; row < vocabulary.rows(); ++row) texts.append(vocabulary.text(row));
              return texts;
            }
            std::vector<int64_t> numbers;
            for (int32_t row = kFirstIndex; row < vocabulary.rows(); ++row) numbers.push_back(*vocabulary.integer(row));
            const size_t count = numbers.size();
            return nb::cast(to_numpy(std::move(numbers), {count}));
          },
          nb::arg("of"), "Raw ids of all users or items in the order of their rows, from row 2: int64 [n] or a list of texts.")
      .def(
          "rows", [](const OpenBundle& self, const std::string& of, const InputArray<int64_t>& ids) { return rows_of(self, of, std::span(ids.data(), ids.size())); }, nb::arg("of"),
          nb::arg("ids"))
      .def(
          "rows", [](const OpenBundle& self, const std::string& of, const std::vector<std::string>& ids) { return rows_of(self, of, ids); }, nb::arg("of"), nb::arg("ids"))
      .def(
          "similar",
          [](const OpenBundle& self, const InputArray<int32_t>& items, int64_t k, const std::optional<InputArray<uint8_t>>& allowed, double diversity,
             const std::string& diversity_feature, int64_t diversity_pool) {
            const std::span rows(items.data(), items.size());
            return to_arrays(without_gil([&] { return self.similar(rows, self.choice(k, true, allowed, diversity, diversity_feature, diversity_pool)); }), k);
          },
          nb::arg("items"), nb::arg("k"), nb::arg("allowed").none() = nb::none(), nb::arg("diversity") = 0., nb::arg("diversity_feature") = "", nb::arg("diversity_pool") = 0)
      .def("item_vectors", [](const OpenBundle& self) { return to_array(without_gil([&] { return self.item_vectors(); })); })
      .def("verify", [](const OpenBundle& self) { return without_gil([&] { return self.verify(); }); });
  bind_questions<InputArray<int32_t>>(bundle);
  bind_questions<std::string>(bundle);
}

}  // namespace rechub::python
