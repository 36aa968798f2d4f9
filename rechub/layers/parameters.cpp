#include "rechub/layers/parameters.h"

#include <cmath>

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/random.h"
#include "rechub/data/memory_plan.h"

namespace rechub {
namespace {

uint64_t hash_name(const std::string& name) {
  uint64_t hash = 0;
  for (char c : name) hash = mix({hash, static_cast<uint64_t>(static_cast<unsigned char>(c))});
  return hash;
}

// One weight that the machine cannot hold ends in a message and not in the system's.
void check_fits(const std::string& name, at::IntArrayRef shape) {
  double bytes = sizeof(double);
  for (int64_t size : shape) bytes *= static_cast<double>(size);
  const int64_t memory = physical_memory_bytes();
  check(bytes <= static_cast<double>(memory), ErrorKind::kUsage,
        "the weight {} of {} numbers does not fit in this machine's memory, {}: make the options smaller that its size comes from", name, fmt::join(shape, " x "),
        size_text(memory));
}

// Draws in double, so that a float32 and a float64 model with one seed hold the same weights up to rounding.
at::Tensor draw(at::IntArrayRef shape, Init init, uint64_t seed) {
  at::Tensor out = at::empty(shape, at::kDouble);
  double* data = out.data_ptr<double>();
  const double fans = shape.size() < 2 ? static_cast<double>(out.numel()) : static_cast<double>(shape[0] + shape[1]);
  Random random(seed);
  const double normal_scale = init.kind == Init::kXavierNormal ? init.scale * std::sqrt(2.0 / fans) : init.scale;
  const double uniform_scale = init.kind == Init::kXavierUniform ? init.scale * std::sqrt(6.0 / fans) : init.scale;
  const bool is_normal = init.kind == Init::kNormal || init.kind == Init::kXavierNormal;
  for (int64_t i = 0; i < out.numel(); ++i) data[i] = is_normal ? normal_scale * random.normal() : uniform_scale * (2 * random.uniform() - 1);
  return out;
}

}  // namespace

at::Tensor ParameterSet::make(const std::string& name, at::IntArrayRef shape, Init init) const {
  check_fits(name, shape);
  if (init.kind == Init::kZeros) return at::zeros(shape, type_);
  if (init.kind == Init::kOnes) return at::ones(shape, type_);
  return draw(shape, init, mix({seed_, hash_name(name)})).to(type_);
}

void ParameterSet::check_new(const std::string& name) const {
  for (const DenseParameter& parameter : dense_) check(parameter.name != name, ErrorKind::kInternal, "two parameters are named {}", name);
  for (const TableParameter& table : tables_) check(table.name != name, ErrorKind::kInternal, "two parameters are named {}", name);
}

at::Tensor ParameterSet::add(const std::string& name, at::IntArrayRef shape, Init init) {
  check_new(name);
  dense_.push_back({name, make(name, shape, init).requires_grad_(true), true});
  return dense_.back().value;
}

at::Tensor ParameterSet::add_buffer(const std::string& name, const at::Tensor& value) {
  check_new(name);
  dense_.push_back({name, value.to(type_).contiguous().clone(), false});
  return dense_.back().value;
}

at::Tensor ParameterSet::add_buffer(const std::string& name, at::IntArrayRef shape, Init init) { return add_buffer(name, make(name, shape, init)); }

int64_t ParameterSet::add_table(const std::string& name, const std::string& space, int64_t rows, int64_t width, Init init) {
  check_new(name);
  at::Tensor values = make(name, {rows, width}, init);
  values.select(0, 0).zero_();
  tables_.push_back({name, space, values});
  return static_cast<int64_t>(tables_.size()) - 1;
}

int64_t ParameterSet::num_values() const {
  int64_t count = 0;
  for (const DenseParameter& parameter : dense_) count += parameter.trained ? parameter.value.numel() : 0;
  for (const TableParameter& table : tables_) count += table.trained ? table.values.numel() : 0;
  return count;
}

std::vector<at::Tensor> ParameterSet::whole_tables() const {
  std::vector<at::Tensor> leaves;
  for (const TableParameter& table : tables_) leaves.push_back(table.values);
  return leaves;
}

// No `to` where it would change nothing: a traced graph would hold it.
at::Tensor in_type_of(const at::Tensor& x, const at::Tensor& y) { return x.scalar_type() == y.scalar_type() ? y : y.to(x.scalar_type()); }

}  // namespace rechub
