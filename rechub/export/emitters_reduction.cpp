// Operators along dimensions: sums, extremes, norms, softmax, running sums.
#include <string>

#include <ATen/ATen.h>

#include "rechub/export/emission.h"
#include "rechub/export/emitters.h"

namespace rechub {
namespace {

int64_t keeps(Emission& e) { return e.flag_or("keepdim", false) ? 1 : 0; }

// ReduceSum takes its axes as an input, the other reductions of operator set 17 as an attribute.
std::string reduce(Emission& e, const char* op, const std::string& value) {
  if (std::string(op) == "ReduceSum") return e.graph.add(op, {value, e.graph.integers(e.axes("self"))}, {{"keepdims", keeps(e)}});
  return e.graph.add(op, {value}, {{"axes", e.axes("self")}, {"keepdims", keeps(e)}});
}

void sum(Emission& e) { e.set(reduce(e, "ReduceSum", e.tensor_as("self", e.output_type()))); }
void mean(Emission& e) { e.set(reduce(e, "ReduceMean", e.tensor_as("self", e.output_type()))); }
void logsumexp(Emission& e) { e.set(reduce(e, "ReduceLogSumExp", e.tensor("self"))); }
void amax(Emission& e) { e.set(reduce(e, "ReduceMax", e.tensor("self"))); }
void amin(Emission& e) { e.set(reduce(e, "ReduceMin", e.tensor("self"))); }

// max(self), max(self, dim) with its index, max(self, other).
void extreme(Emission& e, const char* reduction, const char* index, const char* elementwise) {
  if (e.has("other")) return e.set(e.graph.add(elementwise, {e.tensor_as("self", e.output_type()), e.tensor_as("other", e.output_type())}));
  e.set(reduce(e, reduction, e.tensor("self")));
  if (e.has("dim") && e.is_used(1)) e.set(e.graph.add(index, {e.tensor("self")}, {{"axis", e.axis("self")}, {"keepdims", keeps(e)}}), 1);
}
void max(Emission& e) { extreme(e, "ReduceMax", "ArgMax", "Max"); }
void min(Emission& e) { extreme(e, "ReduceMin", "ArgMin", "Min"); }

void arg_extreme(Emission& e, const char* op) {
  if (!e.has("dim")) e.refuse("it needs a dimension");
  e.set(e.graph.add(op, {e.tensor("self")}, {{"axis", e.axis("self")}, {"keepdims", keeps(e)}}));
}
void argmax(Emission& e) { arg_extreme(e, "ArgMax"); }
void argmin(Emission& e) { arg_extreme(e, "ArgMin"); }

// Truth values as numbers.
void any(Emission& e) { e.set(e.graph.cast(reduce(e, "ReduceMax", e.graph.cast(e.tensor_as("self", at::kBool), at::kInt)), at::kBool)); }
void all(Emission& e) { e.set(e.graph.cast(reduce(e, "ReduceMin", e.graph.cast(e.tensor_as("self", at::kBool), at::kInt)), at::kBool)); }

void norm(Emission& e) {
  const double p = e.number_or(e.has("ord") ? "ord" : "p", 2);
  if (p != 1 && p != 2) e.refuse("only the norms 1 and 2 are exported");
  e.set(reduce(e, p == 2 ? "ReduceL2" : "ReduceL1", e.tensor("self")));
}

void cumsum(Emission& e) { e.set(e.graph.add("CumSum", {e.tensor_as("self", e.output_type()), e.graph.scalar(static_cast<double>(e.axis("self")), at::kLong)})); }

void softmax(Emission& e) { e.set(e.graph.add("Softmax", {e.tensor_as("self", e.output_type())}, {{"axis", e.axis("self")}})); }
void log_softmax(Emission& e) { e.set(e.graph.add("LogSoftmax", {e.tensor_as("self", e.output_type())}, {{"axis", e.axis("self")}})); }

void topk(Emission& e) {
  const auto outputs = e.graph.add_many("TopK", {e.tensor("self"), e.graph.integers({e.integer("k")})}, 2,
                                        {{"axis", e.axis("self")}, {"largest", int64_t{e.flag_or("largest", true)}}, {"sorted", int64_t{e.flag_or("sorted", true)}}});
  e.set(outputs[0], 0);
  e.set(outputs[1], 1);
}

constexpr EmitterEntry kEmitters[] = {
    {"aten::sum", sum},
    {"aten::mean", mean},
    {"aten::logsumexp", logsumexp},
    {"aten::amax", amax},
    {"aten::amin", amin},
    {"aten::max", max},
    {"aten::min", min},
    {"aten::argmax", argmax},
    {"aten::argmin", argmin},
    {"aten::any", any},
    {"aten::all", all},
    {"aten::norm", norm},
    {"aten::linalg_vector_norm", norm},
    {"aten::linalg_norm", norm},
    {"aten::cumsum", cumsum},
    {"aten::softmax", softmax},
    {"aten::log_softmax", log_softmax},
    {"aten::topk", topk},
};

}  // namespace

std::span<const EmitterEntry> reduction_emitters() { return kEmitters; }

}  // namespace rechub
