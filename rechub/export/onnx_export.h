#pragma once

#include <string>

#include "rechub/bundle/bundle.h"
#include "rechub/export/onnx_model.h"

namespace rechub {

inline constexpr const char* kOnnxFormat = "rechub-onnx";
inline constexpr int kOnnxFormatVersion = 1;

// Fills an existing directory (a temporary one, see AtomicDirectory) with a bundle's graphs:
//
//   user_tower.onnx, item_tower.onnx, retrieval.onnx   see TowerExporter; larger ones with their weights in NAME.onnx.data
//   encoding.json                                      the model, and each input: what it holds, how raw values become its numbers; also in each graph's metadata
//   vocabularies.json                                  by row space: the raw values in the order of their codes (null for the two reserved ones)
// (the caller adds a manifest of the format below)
//
// Throws as TowerExporter and write_onnx do.
void export_onnx(const Bundle& bundle, const std::string& directory, int64_t inline_bytes = kOnnxInlineBytes);

}  // namespace rechub
