#include "rechub/cli/result_writer.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/parquet_writer.h"

namespace rechub::cli {
namespace {

class TableWriter : public ResultWriter {
 public:
  void add(const std::string& user, const std::string& item, const std::string& label, float score, int64_t rank) override {
    if (rank == 1 || user != last_) print_result(fmt::format("{}{}\n", last_.empty() ? "" : "\n", user));
    last_ = user;
    print_result(fmt::format("  {:>4}  {:<24} {:10.4f}  {}\n", rank, item, score, label));
  }
  void commit() override {}

 private:
  std::string last_;
};

class CsvWriter : public ResultWriter {
 public:
  explicit CsvWriter(const std::string& path) : file_(path) { file_.write("user,item,score,rank\n"); }
  void add(const std::string& user, const std::string& item, const std::string&, float score, int64_t rank) override {
    file_.write(fmt::format("{},{},{},{}\n", csv_field(user), csv_field(item), score, rank));
  }
  void commit() override { file_.commit(); }

 private:
  AtomicFile file_;
};

class JsonLinesWriter : public ResultWriter {
 public:
  explicit JsonLinesWriter(const std::string& path) : file_(path) {}
  void add(const std::string& user, const std::string& item, const std::string&, float score, int64_t rank) override {
    file_.write(nlohmann::json({{"user", user}, {"item", item}, {"score", score}, {"rank", rank}}).dump() + "\n");
  }
  void commit() override { file_.commit(); }

 private:
  AtomicFile file_;
};

// Streams: a user's items come one after the other, from rank 1 on.
class JsonWriter : public ResultWriter {
 public:
  explicit JsonWriter(const std::string& path) : file_(path) { file_.write("{\"results\": ["); }
  void add(const std::string& user, const std::string& item, const std::string&, float score, int64_t rank) override {
    if (rank == 1) file_.write(fmt::format("{}\n  {{\"user\": {}, \"items\": [", is_first_ ? "" : "]},", nlohmann::json(user).dump()));
    file_.write(fmt::format("{}{}", rank == 1 ? "" : ", ", nlohmann::json({{"item", item}, {"score", score}}).dump()));
    is_first_ = false;
  }
  void commit() override {
    file_.write(is_first_ ? "]}\n" : "]}\n]}\n");
    file_.commit();
  }

 private:
  AtomicFile file_;
  bool is_first_ = true;
};

class ParquetWriter : public ResultWriter {
 public:
  explicit ParquetWriter(const std::string& path)
      : path_(path),
        file_(path, arrow::schema({arrow::field("user", arrow::utf8(), false), arrow::field("item", arrow::utf8(), false), arrow::field("score", arrow::float32(), false),
                                   arrow::field("rank", arrow::int64(), false)})) {}

  void add(const std::string& user, const std::string& item, const std::string&, float score, int64_t rank) override {
    check_arrow(user_.Append(user), path_);
    check_arrow(item_.Append(item), path_);
    check_arrow(score_.Append(score), path_);
    check_arrow(rank_.Append(rank), path_);
    if (rank_.length() >= kRowsPerGroup) flush();
  }
  void commit() override {
    flush();
    file_.commit();
  }

 private:
  static constexpr int64_t kRowsPerGroup = 1 << 18;
  void flush() {
    if (rank_.length() == 0) return;
    const int64_t rows = rank_.length();
    file_.write({value_of(user_.Finish(), path_), value_of(item_.Finish(), path_), value_of(score_.Finish(), path_), value_of(rank_.Finish(), path_)}, rows);
  }

  std::string path_;
  ParquetFileWriter file_;
  arrow::StringBuilder user_, item_;
  arrow::FloatBuilder score_;
  arrow::Int64Builder rank_;
};

}  // namespace

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::unique_ptr<ResultWriter> make_result_writer(const std::string& path) {
  if (path.empty()) return std::make_unique<TableWriter>();
  if (path.ends_with(".csv")) return std::make_unique<CsvWriter>(path);
  if (path.ends_with(".jsonl")) return std::make_unique<JsonLinesWriter>(path);
  if (path.ends_with(".parquet")) return std::make_unique<ParquetWriter>(path);
  fail(ErrorKind::kUsage, "--out {}: the name must end in .csv, .jsonl or .parquet", path);
}

std::unique_ptr<ResultWriter> make_json_writer(const std::string& path) { return std::make_unique<JsonWriter>(path); }

}  // namespace rechub::cli
