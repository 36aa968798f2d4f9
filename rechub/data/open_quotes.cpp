#include "rechub/data/open_quotes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>

namespace rechub {
namespace {

constexpr int64_t kReadBytes = 1 << 20;
constexpr size_t kShownBytes = 80;  // of a bad line
// A bad line stands as kMark and its text, where delimiters and quotes are these, and as many delimiters as there are columns.
constexpr char kMark = '\0', kDelimiter = '\1', kQuote = '\2';

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

struct Row {
  size_t end = 0;  // behind its line end
  size_t first_line_end = std::string_view::npos;
  size_t num_fields = 1;
  bool is_whole = false;  // its end was found
  bool is_sound = true;   // each closing quote stands at the end of its field
  bool is_open = false;   // a quote is open at its end
};

// Reads the row at `begin` as Arrow does: a quote at the start of a field hides delimiters and line ends up to the next one that is not doubled.
Row read_row(std::string_view text, size_t begin, char delimiter) {
  Row row;
  bool is_start = true;
  size_t i = begin;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (row.is_open) {
      if (is_line_end(c)) row.first_line_end = std::min(row.first_line_end, i);
      if (c != '"') continue;
      const char next = i + 1 < text.size() ? text[i + 1] : '\n';
      if (next == '"') {
        ++i;
        continue;
      }
      row.is_open = false;
      row.is_sound = row.is_sound && (next == delimiter || is_line_end(next));
    } else if (is_line_end(c)) {
      row.is_whole = true;
      break;
    } else if (c == delimiter) {
      ++row.num_fields;
      is_start = true;
      continue;
    } else {
      row.is_open = is_start && c == '"';
    }
    is_start = false;
  }
  row.first_line_end = std::min(row.first_line_end, i);
  row.end = std::min(i + 1, text.size());
  return row;
}

class MendedStream : public arrow::io::InputStream {
 public:
  MendedStream(std::shared_ptr<arrow::io::InputStream> rows, const QuoteRules& rules) : rows_(std::move(rows)), rules_(rules) {}

  arrow::Status Close() override { return rows_->Close(); }
  bool closed() const override { return rows_->closed(); }
  arrow::Result<int64_t> Tell() const override { return position_; }

  arrow::Result<int64_t> Read(int64_t size, void* out) override {
    while (!is_at_end_ && static_cast<int64_t>(ready_.size() - first_) < size) {
      ARROW_ASSIGN_OR_RAISE(const auto more, rows_->Read(kReadBytes));
      is_at_end_ = more->size() == 0;
      pending_.append(reinterpret_cast<const char*>(more->data()), static_cast<size_t>(more->size()));
      ready_.erase(0, std::exchange(first_, 0));
      release();
    }
    const size_t count = std::min(static_cast<size_t>(size), ready_.size() - first_);
    std::memcpy(out, ready_.data() + first_, count);
    first_ += count;
    position_ += static_cast<int64_t>(count);
    return static_cast<int64_t>(count);
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(size));
    ARROW_ASSIGN_OR_RAISE(const int64_t count, Read(size, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(count));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }

 private:
  void release();
  bool must_wait(const Row& row, size_t begin) const { return !is_at_end_ && !row.is_whole && pending_.size() - begin <= rules_.max_row_bytes; }
  bool is_bad(const Row& row, size_t begin) const;
  void append_bad_line(std::string_view line);

  std::shared_ptr<arrow::io::InputStream> rows_;
  QuoteRules rules_;
  std::string pending_;  // as read
  std::string ready_;    // [first_, end) is to be handed out
  size_t first_ = 0;
  int64_t position_ = 0;
  bool is_at_end_ = false;
};

// Moves what is decided from pending_ to ready_.
void MendedStream::release() {
  const std::string_view text = pending_;
  size_t begin = 0;
  while (begin < text.size()) {
    // Lines without a quote are good. The last one may be a row's beginning, unless it is too long for one.
    const size_t quote = text.find('"', begin);
    const bool is_last = quote == std::string_view::npos;
    size_t line = std::min(quote, text.size());
    const bool all_ready = is_last && (is_at_end_ || text.size() - begin > rules_.max_row_bytes);
    while (!all_ready && line > begin && !is_line_end(text[line - 1])) --line;
    ready_.append(text.substr(begin, line - begin));
    begin = line;
    if (is_last) break;
    const Row row = read_row(text, begin, rules_.delimiter);
    if (is_bad(row, begin)) {
      append_bad_line(text.substr(begin, row.first_line_end - begin));
      begin = row.first_line_end;
      continue;
    }
    if (must_wait(row, begin)) break;
    ready_.append(text.substr(begin, row.end - begin));
    begin = row.end;
  }
  pending_.erase(0, begin);
}

// Whether what is read of the row so far makes its first line a bad one.
bool MendedStream::is_bad(const Row& row, size_t begin) const {
  if (is_at_end_ && row.is_open) return true;
  const bool spans_lines = row.first_line_end + 1 < row.end;
  if (!spans_lines) return false;
  return row.end - begin > rules_.max_row_bytes || !row.is_sound || (row.is_whole || is_at_end_ ? row.num_fields != rules_.num_columns : row.num_fields > rules_.num_columns);
}

void MendedStream::append_bad_line(std::string_view line) {
  ready_ += kMark;
  for (const char c : line.substr(0, kShownBytes)) ready_ += c == rules_.delimiter ? kDelimiter : c == '"' ? kQuote : c;
  ready_.append(rules_.num_columns, rules_.delimiter);
}

}  // namespace

std::shared_ptr<arrow::io::InputStream> mend_open_quotes(std::shared_ptr<arrow::io::InputStream> rows, const QuoteRules& rules) {
  return std::make_shared<MendedStream>(std::move(rows), rules);
}

std::optional<std::string> line_with_open_quote(std::string_view row, char delimiter) {
  if (row.empty() || row[0] != kMark) return std::nullopt;
  std::string line(row.substr(1, row.find(delimiter) - 1));
  std::replace(line.begin(), line.end(), kDelimiter, delimiter);
  std::replace(line.begin(), line.end(), kQuote, '"');
  return line;
}

}  // namespace rechub
