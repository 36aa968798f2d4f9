// model_probe --list: the names of all models, one a line.
// model_probe REQUEST.json OUT.safetensors: any model of the registry in double precision, small (model_fixture.h) and with random weights, on histories without features. The
// request is {"model": NAME, "options": {NAME: VALUE}, "histories": [[1 .. 13, ...], ...], "weights": FILE}, where the last, safetensors with every parameter by its name, takes
// the place of random weights if it is there; the model's merged options go to standard output. OUT holds
//   weight/NAME, gradient/NAME   every parameter (buffers have no gradient)
//   users [R, Q, D]              the vectors of all readouts: every position of every history, and one of an empty history
//   items [N, D]                 those of items 0 .. 13
//   loss                         wave(users) + wave(items) + the model's auxiliary loss, wave(x) = sum over i of x_i sin(i + 1) in row-major order: what the gradients are of
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/json_file.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/tensor_file.h"
#include "rechub/models/model_fixture.h"

namespace {

using namespace rechub;

void answer(const nlohmann::json& request, const std::string& out) {
  const ModelEntry& entry = find_model(request.at("model"));
  model_fixture::Fixture fixture(entry, false, at::kDouble, 1, request.value("options", nlohmann::json::object()));
  if (request.contains("weights")) load_tensors_into(request["weights"], named_tensors(fixture.parameters));
  for (TableParameter& table : fixture.parameters.tables()) table.values.requires_grad_(true);

  const UserBatch batch = model_fixture::user_batch(fixture.schema, request.at("histories").get<model_fixture::Histories>(), true);
  EncodeContext context = fixture.context();
  const at::Tensor users = fixture.model->encode_users(batch, context).vectors, items = fixture.model->encode_items(batch.items, context);
  at::Tensor loss = model_fixture::wave(users) + model_fixture::wave(items);
  if (context.auxiliary_loss.defined()) loss = loss + context.auxiliary_loss;
  loss.backward();

  NamedTensors results = {{"users", users.detach().contiguous()}, {"items", items.detach().contiguous()}, {"loss", loss.detach()}};
  const auto add = [&](const std::string& name, const at::Tensor& value) {
    results.emplace_back("weight/" + name, value.detach());
    if (value.requires_grad()) results.emplace_back("gradient/" + name, value.grad().defined() ? value.grad() : at::zeros_like(value));
  };
  for (const DenseParameter& parameter : fixture.parameters.dense()) add(parameter.name, parameter.value);
  for (const TableParameter& table : fixture.parameters.tables()) add(table.name, table.values);
  save_tensors(out, results);
  fmt::print("{}\n", fixture.options.dump());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 1 && words[0] == "--list") {
      for (const ModelEntry& entry : model_entries()) fmt::print("{}\n", entry.name);
      return 0;
    }
    if (words.size() == 2) {
      answer(read_json(words[0]), words[1]);
      return 0;
    }
    fmt::print(stderr, "usage: model_probe --list | model_probe REQUEST.json OUT.safetensors\n");
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 3;
  }
}
