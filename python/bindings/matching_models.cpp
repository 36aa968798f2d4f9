#include "matching_models.h"

#include <string>
#include <utility>
#include <vector>

#include "arrays.h"
#include "bindings.h"
#include <ATen/ATen.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/bundle/bundle.h"
#include "rechub/matching/models.h"

namespace nb = nanobind;

namespace rechub::python {
namespace {

using namespace matching;
using nlohmann::json;
using Features = std::vector<Feature>;

void take(const json& value, TowerParams& params) {
  if (value.contains("dims")) params.dims = value["dims"].get<std::vector<int64_t>>();
  if (value.contains("dropout")) params.dropout = value["dropout"];
  if (value.contains("activation")) params.activation = value["activation"];
}

void take(const json& value, std::optional<TowerParams>& params) { take(value, params.emplace()); }

template <class T>
void take(const json& value, T& number) {
  number = value.get<T>();
}

// A field that the class's arguments have is read where it is given.
#define RECHUB_TAKE(name)                                          \
  if constexpr (requires { arguments.name; }) {                    \
    if (given.contains(#name)) take(given[#name], arguments.name); \
  }

template <class Class, class Arguments>
MatchModel make(const Features& user_features, const Features& item_features, const json& given) {
  Arguments arguments;
  arguments.user_features = user_features;
  arguments.item_features = item_features;
  RECHUB_TAKE(temperature)
  RECHUB_TAKE(user_params)
  RECHUB_TAKE(item_params)
  RECHUB_TAKE(max_length)
  RECHUB_TAKE(embedding_dim)
  RECHUB_TAKE(hidden_size)
  RECHUB_TAKE(num_layers)
  RECHUB_TAKE(num_heads)
  RECHUB_TAKE(dropout)
  RECHUB_TAKE(n_items)
  RECHUB_TAKE(n_interest)
  return MatchModel(Class(arguments));
}
#undef RECHUB_TAKE

struct ModelClass {
  const char* name;
  MatchModel (*make)(const Features&, const Features&, const json&);
};

constexpr ModelClass kClasses[] = {
    {"DSSM", make<DSSM, DSSMArguments>},
    {"FaceBookDSSM", make<FaceBookDSSM, FaceBookDSSMArguments>},
    {"YoutubeDNN", make<YoutubeDNN, YoutubeDNNArguments>},
    {"YoutubeSBC", make<YoutubeSBC, YoutubeSBCArguments>},
    {"MIND", make<MIND, MINDArguments>},
    {"GRU4Rec", make<GRU4Rec, GRU4RecArguments>},
    {"NARM", make<NARM, NARMArguments>},
    {"SASRec", make<SASRec, SASRecArguments>},
    {"SINE", make<SINE, SINEArguments>},
    {"STAMP", make<STAMP, STAMPArguments>},
    {"ComirecDR", make<ComirecDR, ComirecDRArguments>},
    {"ComirecSA", make<ComirecSA, ComirecSAArguments>},
};

MatchModel make_model(const std::string& name, const Features& user_features, const Features& item_features, const std::string& arguments, const std::string& options) {
  for (const ModelClass& entry : kClasses) {
    if (name != entry.name) continue;
    MatchModel model = entry.make(user_features, item_features, json::parse(arguments));
    if (const json further = json::parse(options); !further.empty()) model.set_options(further);
    return model;
  }
  fail(ErrorKind::kInternal, "there is no model class {}", name);
}

nb::dict tensors_of(const SharedModel& model) {
  const ModelUse use(model, false);
  nb::dict tensors;
  for (const auto& [name, tensor] : named_tensors(model.model.parameters())) {
    tensors[name.c_str()] = to_array(tensor.detach().to(at::kFloat, false, true));
  }
  return tensors;
}

void set_tensors(SharedModel& model, const std::map<std::string, nb::ndarray<const float, nb::c_contig, nb::device::cpu>>& values) {
  const ModelUse use(model, true);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, value] : values) {
    const std::vector<int64_t> sizes(value.shape_ptr(), value.shape_ptr() + value.ndim());
    tensors[name] = at::from_blob(const_cast<float*>(value.data()), sizes, at::kFloat);  // NOLINT: only read
  }
  without_gil([&] { model.model.give(tensors); });
}

}  // namespace

void bind_matching_models(nb::module_& module) {
  nb::class_<SparseFeature>(module, "SparseFeature")
      .def(
          "__init__",
          [](SparseFeature* self, const std::string& name, int64_t vocab_size, int64_t embed_dim, const std::string& shared_with) {
            new (self) SparseFeature{name, vocab_size, embed_dim, shared_with};
          },
          nb::arg("name"), nb::arg("vocab_size"), nb::arg("embed_dim"), nb::arg("shared_with"));
  nb::class_<DenseFeature>(module, "DenseFeature")
      .def(
          "__init__",
          [](DenseFeature* self, const std::string& name, int64_t embed_dim) {
            new (self) DenseFeature{name, embed_dim};
          },
          nb::arg("name"), nb::arg("embed_dim"));
  nb::class_<SequenceFeature>(module, "SequenceFeature")
      .def(
          "__init__",
          [](SequenceFeature* self, const std::string& name, int64_t vocab_size, int64_t embed_dim, const std::string& pooling, const std::string& shared_with) {
            new (self) SequenceFeature{name, vocab_size, embed_dim, pooling, shared_with};
          },
          nb::arg("name"), nb::arg("vocab_size"), nb::arg("embed_dim"), nb::arg("pooling"), nb::arg("shared_with"));
  nb::class_<SharedModel>(module, "MatchModel", "A model of rechub.models.matching. Arguments and options of the engine's model are JSON objects.")
      .def(
          "__init__",
          [](SharedModel* self, const std::string& name, const Features& user_features, const Features& item_features, const std::string& arguments, const std::string& options) {
            new (self) SharedModel(without_gil([&] { return make_model(name, user_features, item_features, arguments, options); }));
          },
          nb::arg("name"), nb::arg("user_features"), nb::arg("item_features"), nb::arg("arguments"), nb::arg("options"))
      .def_prop_ro("history", [](const SharedModel& self) { return self.model.layout().history ? self.model.layout().history->spec.name : std::string(); })
      .def_prop_ro("max_length", [](const SharedModel& self) { return self.model.model().options().max_length; })
      .def_prop_ro("dim", [](const SharedModel& self) { return self.model.model().options().dim; })
      .def_prop_ro("has_learnt", [](const SharedModel& self) { return self.model.has_learnt(); })
      .def_prop_ro("has_given", [](const SharedModel& self) { return self.model.has_given(); })
      .def("tensors", tensors_of, "All weights by name: float32, copies.")
      .def("set_tensors", set_tensors, nb::arg("values"), "Writes some weights; training begins with them.")
      .def(
          "save",
          [](const SharedModel& self, const std::string& directory) {
            const ModelUse use(self, false);
            without_gil([&] { self.model.save(directory); });
          },
          nb::arg("directory"))
      .def(
          "load",
          [](SharedModel& self, const std::string& directory) {
            const ModelUse use(self, true);
            without_gil([&] { self.model.load(directory); });
          },
          nb::arg("directory"));
}

}  // namespace rechub::python
