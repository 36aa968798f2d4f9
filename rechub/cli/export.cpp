#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/base/registry.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/retriever.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/cli/user_requests.h"
#include "rechub/data/manifest.h"
#include "rechub/export/onnx_export.h"
#include "rechub/export/vector_files.h"
#include "rechub/export/vector_stores.h"

namespace rechub::cli {
namespace {

namespace fs = std::filesystem;

struct ExportCommand {
  std::string bundle, to, out, users, json;
  std::vector<std::string> formats = {"npy", "parquet", "safetensors"};
  bool overwrite = false;
};

void export_graphs(const ExportCommand& command, const Bundle& bundle, const std::string& directory) {
  export_onnx(bundle, directory);
  print_result(fmt::format("{}: user_tower.onnx, item_tower.onnx and retrieval.onnx of {}, with encoding.json and vocabularies.json\n", command.out, bundle.config().model));
}

VectorTable item_table(const Bundle& bundle) {
  std::vector<std::string> ids;
  for (int32_t row = kFirstIndex; row < bundle.dataset().item_rows(); ++row) ids.push_back(bundle.dataset().item_ids().text(row));
  return {"item", raw_ids(std::move(ids)), bundle.item_vectors().narrow(0, kFirstIndex, bundle.dataset().num_items()).unsqueeze(1)};
}

// All users of the data, in pieces.
void take_all_users(const Dataset& dataset, const std::function<void(std::span<const NamedRequest>)>& take) {
  constexpr size_t kPiece = 1024;
  std::vector<NamedRequest> piece;
  for (int32_t row = kFirstIndex; row < dataset.user_rows(); ++row) {
    piece.push_back({dataset.user_ids().text(row), {row, std::nullopt}});
    if (piece.size() == kPiece || row + 1 == dataset.user_rows()) take(piece), piece.clear();
  }
}

VectorTable user_table(const Bundle& bundle, const std::string& users) {
  const Retriever retriever(bundle);
  std::vector<std::string> ids;
  std::vector<at::Tensor> parts;
  const auto take = [&](std::span<const NamedRequest> named) {
    std::vector<RetrievalRequest> requests;
    for (const NamedRequest& request : named) {
      ids.push_back(request.name);
      requests.push_back(request.request);
    }
    parts.push_back(retriever.user_vectors(requests));
  };
  users == "all" ? take_all_users(bundle.dataset(), take) : read_users(bundle.dataset(), users, take);
  check(!parts.empty(), ErrorKind::kData, "{}: there are no users in it", users);
  return {"user", raw_ids(std::move(ids)), at::cat(parts, 0)};
}

void write_vectors(const ExportCommand& command, const VectorTable& table, const std::vector<std::string>& formats, const std::string& directory) {
  for (const std::string& format : formats) find_vector_format(format).write(directory, table);
  print_result(fmt::format("{}: vectors of {} {}s, {} x {}\n", command.out, table.ids.size(), table.of, table.vectors.size(1), table.vectors.size(2)));
}

void export_embeddings(const ExportCommand& command, const Bundle& bundle, const std::string& directory) {
  write_vectors(command, item_table(bundle), command.formats, directory);
  if (!command.users.empty()) write_vectors(command, user_table(bundle, command.users), command.formats, directory);
}

StoreItems store_items(const Bundle& bundle, std::vector<ItemColumn> columns) {
  const std::string& similarity = bundle.model().options().similarity;
  StoreItems items{fmt::format("item vectors of {}, {}", bundle.config().model, similarity == "cosine" ? "cosine" : "inner product"), std::move(columns),
                   bundle.item_vectors().narrow(0, kFirstIndex, bundle.dataset().num_items()).contiguous(), similarity == "cosine"};
  check(at::isfinite(items.vectors).all().item<bool>(), ErrorKind::kData, "{}: item vectors are not finite: train the model anew", bundle.directory());
  return items;
}

template <auto write>
void export_to_store(const ExportCommand& command, const Bundle& bundle, const std::string& directory) {
  auto [columns, left_out] = item_columns(bundle.dataset());
  const StoreItems items = store_items(bundle, std::move(columns));
  write(directory, items);
  print_result(fmt::format("{}: {} items x {}, compared by the {}, with {} {}\n", command.out, items.size(), items.dim(), items.is_cosine ? "cosine" : "inner product",
                           items.columns.size(), items.columns.size() == 1 ? "column" : "columns"));
  if (!left_out.empty()) print_result(fmt::format("Left out, as the data set keeps no raw values of them: {}\n", fmt::join(left_out, ", ")));
  if (!command.users.empty()) write_vectors(command, user_table(bundle, command.users), {"parquet"}, directory);
}

// A row of the table of what a bundle is exported to.
struct ExportTarget {
  const char* name;
  const char* format;  // of the manifest in its directory
  int version;
  void (*write)(const ExportCommand& command, const Bundle& bundle, const std::string& directory);
};
constexpr ExportTarget kTargets[] = {
    {"onnx", kOnnxFormat, kOnnxFormatVersion, export_graphs},
    {"embeddings", "rechub-embeddings", 1, export_embeddings},
    {"milvus", "rechub-milvus", 1, export_to_store<write_milvus_items>},
    {"qdrant", "rechub-qdrant", 1, export_to_store<write_qdrant_items>},
    {"pgvector", "rechub-pgvector", 1, export_to_store<write_pgvector_items>},
};

// An earlier export of the same kind may be replaced, and nothing else.
void check_output(const ExportCommand& command, const ExportTarget& target) {
  if (!fs::exists(command.out) || (fs::is_directory(command.out) && fs::is_empty(command.out))) return;
  check(command.overwrite, ErrorKind::kUsage, "{} is there already and not empty: choose another --out, or add --overwrite to replace the export in it", command.out);
  check(has_manifest(command.out, target.format), ErrorKind::kUsage, "{} is not an export to {}, so --overwrite does not replace it", command.out, target.name);
}

}  // namespace

int run_export(int argc, const char* const* argv) {
  ExportCommand command;
  Arguments arguments("export", "Write a bundle's model for other programs: ONNX graphs, vectors with their ids, or a catalogue for a vector database.");
  arguments.positional("bundle", command.bundle, "directory of the bundle");
  arguments.flag("to", command.to,
                 "onnx: the user tower, the item tower, and the user tower with exact top-k search behind it; embeddings: the vectors themselves; milvus, qdrant, pgvector: the "
                 "items, with vector "
                 "and features, as these stores load them",
                 Arguments::kRequired);
  arguments.flag("out", command.out, "directory to write", Arguments::kRequired);
  arguments.flag("users", command.users,
                 "not with onnx: also the vectors of users (of a store: its queries, user_vectors.parquet), all for those of the data, or a file as for rechub recommend --users");
  arguments.flag("formats", command.formats, "embeddings: npy, parquet and safetensors, or some of them");
  arguments.flag("json", command.json, "also write {\"to\", \"model\", \"out\", \"files\": {NAME: {\"size\", \"checksum\"}}} to this file");
  arguments.flag("overwrite", command.overwrite, "replace an earlier export to the same at --out");
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  const ExportTarget& target = find_entry<ExportTarget>(kTargets, command.to, "target");
  for (const std::string& format : command.formats) find_vector_format(format);
  check(command.users.empty() || command.to != "onnx", ErrorKind::kUsage, "--users does not go with --to onnx: graphs hold no user's vector");
  check_output(command, target);
  at::set_num_threads(num_threads());

  const Bundle bundle = Bundle::open(command.bundle);
  AtomicDirectory directory(command.out, command.overwrite ? AtomicDirectory::kReplace : AtomicDirectory::kRefuse);
  target.write(command, bundle, directory.temporary_path());
  write_manifest(directory.temporary_path(), target.format, target.version);
  directory.commit();
  if (!command.json.empty()) {
    const nlohmann::json files = read_json(command.out + "/manifest.json").at("files");
    write_json(command.json, {{"to", command.to}, {"model", bundle.config().model}, {"out", command.out}, {"files", files}});
  }
  return 0;
}

}  // namespace rechub::cli
