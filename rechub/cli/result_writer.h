#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace rechub::cli {

// Rows of recommendations on their way to a file or the terminal: user, item, score, rank; the terminal also shows `label`, what the item is. Files appear as a whole with
// commit().
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual void add(const std::string& user, const std::string& item, const std::string& label, float score, int64_t rank) = 0;
  virtual void commit() = 0;  // once, last
};

// By the name's ending: .csv, .parquet or .jsonl; "" prints a table. Throws kUsage for another ending.
std::unique_ptr<ResultWriter> make_result_writer(const std::string& path);
// One JSON object: {"results": [{"user": ..., "items": [{"item": ..., "score": ...}, ...]}, ...]}, best first.
std::unique_ptr<ResultWriter> make_json_writer(const std::string& path);

// A field of a CSV file, in quotes where it needs them.
std::string csv_field(const std::string& text);

}  // namespace rechub::cli
