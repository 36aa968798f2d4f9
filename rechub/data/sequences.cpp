#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <arrow/builder.h>
#include <arrow/io/buffered.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/table_part.h"
#include "rechub/data/text_input.h"

namespace rechub {
namespace {

constexpr int64_t kRowsPerBatch = int64_t{1} << 16;

// Cuts a stream into blank-separated words and line ends; memory does not depend on the length of a line.
class Words {
 public:
  enum Kind { kWord, kLineEnd, kFileEnd };
  Words(std::shared_ptr<arrow::io::InputStream> stream, std::string path) : path_(std::move(path)), stream_(std::move(stream)), buffer_(kBufferBytes) {}

  Kind next(std::string_view& word) {  // a word is valid until the next call
    while (true) {
      while (begin_ < end_ && is_blank(buffer_[begin_])) ++begin_;
      if (begin_ < end_) break;
      if (!refill()) return kFileEnd;
    }
    if (buffer_[begin_] == '\n') return ++begin_, kLineEnd;
    size_t size = 0;
    while (true) {
      while (begin_ + size < end_ && buffer_[begin_ + size] != '\n' && !is_blank(buffer_[begin_ + size])) ++size;
      if (begin_ + size < end_ || !refill()) break;
    }
    word = {buffer_.data() + begin_, size};
    begin_ += size;
    return kWord;
  }

 private:
  static constexpr size_t kBufferBytes = size_t{1} << 20;
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

  // Keeps the bytes from begin_ on and appends more; false at the end of the file.
  bool refill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    check(end_ < buffer_.size(), ErrorKind::kData, "{}: a word of more than {} bytes: this is no file of blank-separated ids", path_, buffer_.size() - 1);
    const int64_t count = value_of(stream_->Read(static_cast<int64_t>(buffer_.size() - end_), buffer_.data() + end_), path_);
    end_ += static_cast<size_t>(count);
    return count > 0;
  }

  std::string path_;
  std::shared_ptr<arrow::io::InputStream> stream_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
};

// Refuses what is separated by commas: each of its lines would be one word, a session of one item.
std::shared_ptr<arrow::io::InputStream> open_words(const std::string& path) {
  const TextInput input = open_text(path);
  const size_t begin = std::min(input.head.find_first_not_of("\r\n"), input.head.size());
  const std::string_view line = input.head.substr(begin, input.head.find_first_of("\r\n", begin) - begin);
  const bool has_blanks = line.find_first_of(" \t") != std::string_view::npos, has_commas = line.find_first_of(",;") != std::string_view::npos;
  check(has_blanks || !has_commas, ErrorKind::kUsage, "{}: sequences and sessions are ids with blanks between them, and the first line is {}; is this --format csv?", path,
        shown(line));
  return input.stream;
}

class SequencePart : public TablePart {
 public:
  SequencePart(const std::string& path, SequenceFlavour flavour, BadRows& bad_rows)
      : path_(path), has_user_(flavour == SequenceFlavour::kSequences), bad_rows_(bad_rows), words_(open_words(path), path) {
    schema_ = arrow::schema({arrow::field("user", has_user_ ? arrow::utf8() : arrow::int64(), false), arrow::field("item", arrow::utf8(), false)});
    columns_ = {0, 1};
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  bool is_empty() const override { return false; }
  void select(const std::vector<std::string>& columns) override {
    columns_.clear();
    for (const std::string& name : columns) columns_.push_back(schema_->GetFieldIndex(name));
  }
  std::shared_ptr<arrow::RecordBatch> next() override;
  std::string where(int64_t row_in_batch) const override { return place(lines_[static_cast<size_t>(row_in_batch)]); }

 private:
  std::string place(int64_t line) const { return fmt::format("{}, line {}", path_, line); }
  void read_word(std::string_view word);
  void end_line();
  std::shared_ptr<arrow::RecordBatch> finish_batch();

  std::string path_;
  bool has_user_;
  BadRows& bad_rows_;
  Words words_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int> columns_;
  arrow::StringBuilder texts_, items_;  // users of `sequences`; items
  arrow::Int64Builder numbers_;         // users of `sessions`
  std::vector<int64_t> lines_;          // line of each row of the batch

  // The line being read.
  int64_t line_ = 1, num_items_ = 0;
  std::string user_;
  bool is_user_known_ = false, is_left_out_ = false;
};

void SequencePart::end_line() {
  if (is_user_known_ && num_items_ == 0 && !is_left_out_) bad_rows_.add(fmt::format("{}: expected a user and the items of the user, found only '{}'", place(line_), shown(user_)));
  ++line_;
  num_items_ = 0;
  is_user_known_ = is_left_out_ = false;
}

void SequencePart::read_word(std::string_view word) {
  if (is_left_out_) return;
  const bool is_user = has_user_ && !is_user_known_;
  if (!is_utf8(word)) {
    is_left_out_ = is_user;
    if (!is_user) ++num_items_;
    bad_rows_.add(fmt::format("{}, {}: the text is not UTF-8: {}", place(line_), is_user ? "user" : fmt::format("item {}", num_items_), shown(word)));
    return;
  }
  if (is_user) {
    user_ = word;
    is_user_known_ = true;
    return;
  }
  ++num_items_;
  check_arrow(has_user_ ? texts_.Append(user_) : numbers_.Append(line_), path_);
  check_arrow(items_.Append(word), path_);
  lines_.push_back(line_);
}

std::shared_ptr<arrow::RecordBatch> SequencePart::next() {
  lines_.clear();
  std::string_view word;
  while (static_cast<int64_t>(lines_.size()) < kRowsPerBatch) {
    const Words::Kind kind = words_.next(word);
    if (kind == Words::kWord) {
      read_word(word);
      continue;
    }
    end_line();
    if (kind == Words::kFileEnd) break;
  }
  return lines_.empty() ? nullptr : finish_batch();
}

std::shared_ptr<arrow::RecordBatch> SequencePart::finish_batch() {
  arrow::ArrayBuilder& users = has_user_ ? static_cast<arrow::ArrayBuilder&>(texts_) : numbers_;
  const auto user = value_of(users.Finish(), path_);
  const auto item = value_of(items_.Finish(), path_);
  return value_of(arrow::RecordBatch::Make(schema_, item->length(), {user, item})->SelectColumns(columns_), path_);
}

}  // namespace

std::unique_ptr<TablePart> open_sequences(const std::string& path, SequenceFlavour flavour, BadRows& bad_rows) { return std::make_unique<SequencePart>(path, flavour, bad_rows); }

}  // namespace rechub
