#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/bundle/safetensors.h"
#include "rechub/train/tensorboard_writer.h"

namespace {

using namespace rechub;

// Reads a file with our reader and writes what it holds with our writer.
void copy_safetensors(const std::string& from, const std::string& to) {
  const SafetensorsFile file = SafetensorsFile::open(from);
  write_safetensors(to, {file.tensors().begin(), file.tensors().end()}, file.metadata());
}

void write_tensorboard(const std::string& directory) {
  TensorboardWriter writer(directory);
  for (int step = 0; step < 200; ++step) writer.scalar("train/loss", step, 1.0 / (step + 1));
  writer.scalar("valid/NDCG@10", int64_t{1} << 40, .0625);
  writer.scalar("größe", 0, -3e30);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 3 && words[0] == "copy-safetensors") {
      copy_safetensors(words[1], words[2]);
    } else if (words.size() == 2 && words[0] == "write-tensorboard") {
      write_tensorboard(words[1]);
    } else {
      fmt::print(stderr, "usage: format_probe copy-safetensors FROM TO | write-tensorboard DIRECTORY\n");
      return 2;
    }
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 3;
  }
  return 0;
}
