#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace rechub {

// How a parameter starts. Each parameter draws from its own stream, named by (seed, its name): adding one changes no other.
struct Init {
  enum Kind { kZeros, kOnes, kNormal, kUniform, kXavierNormal, kXavierUniform };
  Kind kind = kZeros;
  double scale = 1;  // kNormal: standard deviation; kUniform: half width; Xavier: gain, with fan_in and fan_out the two dimensions

  static Init zeros() { return {kZeros, 0}; }
  static Init ones() { return {kOnes, 1}; }
  static Init normal(double standard_deviation) { return {kNormal, standard_deviation}; }
  static Init uniform(double half_width) { return {kUniform, half_width}; }
  static Init xavier_normal(double gain = 1) { return {kXavierNormal, gain}; }
  static Init xavier_uniform(double gain = 1) { return {kXavierUniform, gain}; }
};

// Some of the numbers that a layer reads, side by side: "item.genre", an embedding of 12.
struct InputBlock {
  std::string name;
  int64_t width = 0;
};

// A named dense parameter or buffer. The tensor is shared with the layer that asked for it: both see updates in place.
struct DenseParameter {
  std::string name;
  at::Tensor value;
  bool trained = true;             // false: saved but never updated (a buffer of feature statistics; what --freeze names)
  std::vector<InputBlock> inputs;  // of a weight [out, in] over features: what its columns read; so it moves to a model with other features (train/warm_start.h)
  std::optional<double> bypass;    // such a layer is not there without features: this times its first block is in its place
};

// An embedding table [rows, width] over a row space. Row 0 (padding) is zero. Layers never touch `values`: they index the leaf of the step (EncodeContext::leaves).
struct TableParameter {
  std::string name;
  std::string space;
  at::Tensor values;
  bool trained = true;  // false: never updated
};

// Names of parameters that only training has begin with this; a bundle does without them.
inline constexpr const char* kObjectivePrefix = "objective.";

// All weights of a model by name, in order of creation. Not thread-safe while it changes.
class ParameterSet {
 public:
  explicit ParameterSet(uint64_t seed, at::ScalarType type = at::kFloat) : seed_(seed), type_(type) {}

  // A trained leaf of autograd. Throws kInternal if the name is taken.
  at::Tensor add(const std::string& name, at::IntArrayRef shape, Init init);
  at::Tensor add_buffer(const std::string& name, const at::Tensor& value);
  at::Tensor add_buffer(const std::string& name, at::IntArrayRef shape, Init init);  // drawn as a parameter is, never trained
  // Returns the table's index in tables().
  int64_t add_table(const std::string& name, const std::string& space, int64_t rows, int64_t width, Init init);

  std::vector<DenseParameter>& dense() { return dense_; }
  const std::vector<DenseParameter>& dense() const { return dense_; }
  std::vector<TableParameter>& tables() { return tables_; }
  const std::vector<TableParameter>& tables() const { return tables_; }
  at::ScalarType type() const { return type_; }
  int64_t num_values() const;  // trained numbers, dense and tables

  // Whole tables as leaves, for encoding outside training: ids are then dense indices of the space.
  std::vector<at::Tensor> whole_tables() const;

 private:
  at::Tensor make(const std::string& name, at::IntArrayRef shape, Init init) const;
  void check_new(const std::string& name) const;

  uint64_t seed_;
  at::ScalarType type_;
  std::vector<DenseParameter> dense_;
  std::vector<TableParameter> tables_;
};

// `y`, a weight mostly, in the type of `x`, which a layer reads: float32 weights follow inputs in float64. `y` itself where the types are one.
at::Tensor in_type_of(const at::Tensor& x, const at::Tensor& y);

}  // namespace rechub
