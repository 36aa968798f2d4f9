#include "rechub/data/arrow_columns.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_result.h"

namespace rechub {

struct ArrowColumnsWriter::Stream {
  int64_t size = 0;      // bytes
  int64_t offset = 0;    // in the file
  int64_t appended = 0;  // bytes, those in `buffer` included
  std::string buffer;
};

namespace {

constexpr size_t kBufferBytes = size_t{1} << 18;

// Address space that stands for columns nobody has written yet. It takes no memory: Arrow looks only at the last offset of lists.
class Placeholder {
 public:
  explicit Placeholder(int64_t size) : size_(static_cast<size_t>(std::max<int64_t>(size, 1))) {
    void* data = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    check(data != MAP_FAILED, ErrorKind::kData, "cannot lay out a file of {} bytes: {}", size, std::strerror(errno));
    data_ = static_cast<uint8_t*>(data);
  }
  ~Placeholder() { ::munmap(data_, size_); }
  Placeholder(const Placeholder&) = delete;
  Placeholder& operator=(const Placeholder&) = delete;
  uint8_t* data() const { return data_; }
  bool holds(const void* address) const { return address >= data_ && address < data_ + size_; }

 private:
  uint8_t* data_;
  size_t size_;
};

// Takes down what Arrow writes besides the columns, and where the columns belong.
class LayoutStream : public arrow::io::OutputStream {
 public:
  explicit LayoutStream(const Placeholder& columns) : columns_(columns) {}
  arrow::Status Write(const void* data, int64_t size) override {
    if (columns_.holds(data)) {
      places_.emplace_back(static_cast<const uint8_t*>(data) - columns_.data(), position_);
    } else {
      pieces_.emplace_back(position_, std::string(static_cast<const char*>(data), static_cast<size_t>(size)));
    }
    position_ += size;
    return arrow::Status::OK();
  }
  arrow::Status Close() override { return is_closed_ = true, arrow::Status::OK(); }
  arrow::Result<int64_t> Tell() const override { return position_; }
  bool closed() const override { return is_closed_; }

  const std::vector<std::pair<int64_t, int64_t>>& places() const { return places_; }      // offset in the placeholder, offset in the file
  const std::vector<std::pair<int64_t, std::string>>& pieces() const { return pieces_; }  // offset in the file, bytes

 private:
  const Placeholder& columns_;
  std::vector<std::pair<int64_t, int64_t>> places_;
  std::vector<std::pair<int64_t, std::string>> pieces_;
  int64_t position_ = 0;
  bool is_closed_ = false;
};

std::vector<int64_t> stream_sizes(const ColumnShape& column) {
  switch (column.type) {
    case ColumnShape::kInt32:
    case ColumnShape::kFloat:
      return {4 * column.rows};
    case ColumnShape::kInt64:
      return {8 * column.rows};
    case ColumnShape::kLists:
      return {8 * (column.rows + 1), 4 * column.num_values};
    case ColumnShape::kVectors:
      return {4 * column.rows * column.width};
  }
  return {};
}

int64_t aligned(int64_t size) { return (size + 63) / 64 * 64; }

std::shared_ptr<arrow::Array> primitive(const std::shared_ptr<arrow::DataType>& type, int64_t length, const uint8_t* data, int64_t size) {
  return arrow::MakeArray(arrow::ArrayData::Make(type, length, {nullptr, std::make_shared<arrow::Buffer>(data, size)}, 0));
}

std::shared_ptr<arrow::Array> placeholder_array(const ColumnShape& column, uint8_t* data) {
  const std::vector<int64_t> sizes = stream_sizes(column);
  switch (column.type) {
    case ColumnShape::kInt32:
      return primitive(arrow::int32(), column.rows, data, sizes[0]);
    case ColumnShape::kInt64:
      return primitive(arrow::int64(), column.rows, data, sizes[0]);
    case ColumnShape::kFloat:
      return primitive(arrow::float32(), column.rows, data, sizes[0]);
    case ColumnShape::kLists: {
      reinterpret_cast<int64_t*>(data)[column.rows] = column.num_values;
      const auto values = primitive(arrow::int32(), column.num_values, data + aligned(sizes[0]), sizes[1]);
      const auto offsets = std::make_shared<arrow::Buffer>(data, sizes[0]);
      return arrow::MakeArray(arrow::ArrayData::Make(arrow::large_list(arrow::int32()), column.rows, {nullptr, offsets}, {values->data()}, 0));
    }
    case ColumnShape::kVectors: {
      const auto values = primitive(arrow::float32(), column.rows * column.width, data, sizes[0]);
      const auto type = arrow::fixed_size_list(arrow::float32(), static_cast<int32_t>(column.width));
      return arrow::MakeArray(arrow::ArrayData::Make(type, column.rows, {nullptr}, {values->data()}, 0));
    }
  }
  return nullptr;
}

void write_layout(LayoutStream& layout, const std::vector<ColumnShape>& columns, const Placeholder& placeholder, const std::string& path) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  int64_t begin = 0;
  for (const ColumnShape& column : columns) {
    check(column.rows == columns[0].rows, ErrorKind::kInternal, "{}: column '{}' has {} rows, '{}' has {}", path, column.name, column.rows, columns[0].name, columns[0].rows);
    arrays.push_back(placeholder_array(column, placeholder.data() + begin));
    fields.push_back(arrow::field(column.name, arrays.back()->type(), false));
    for (const int64_t size : stream_sizes(column)) begin += aligned(size);
  }
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.alignment = 64;
  options.use_threads = false;
  const auto schema = arrow::schema(std::move(fields));
  const auto writer = value_of(arrow::ipc::MakeFileWriter(&layout, schema, options), path);
  check_arrow(writer->WriteRecordBatch(*arrow::RecordBatch::Make(schema, columns[0].rows, std::move(arrays))), path);
  check_arrow(writer->Close(), path);
}

}  // namespace

ArrowColumnsWriter::ArrowColumnsWriter(const std::string& path, const std::vector<ColumnShape>& columns) : path_(path) {
  int64_t total = 0;
  std::vector<int64_t> begins;  // of the streams in the placeholder
  for (const ColumnShape& column : columns) {
    for (const int64_t size : stream_sizes(column)) {
      begins.push_back(total);
      streams_.push_back({size, -1, 0, {}});
      total += aligned(size);
    }
  }
  const Placeholder placeholder(total);
  LayoutStream layout(placeholder);
  write_layout(layout, columns, placeholder, path);
  for (const auto& [in_placeholder, in_file] : layout.places()) {
    const auto found = std::upper_bound(begins.begin(), begins.end(), in_placeholder) - begins.begin() - 1;
    Stream& stream = streams_[static_cast<size_t>(found)];
    if (stream.offset < 0) stream.offset = in_file - (in_placeholder - begins[static_cast<size_t>(found)]);
  }
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  check(file_ >= 0, ErrorKind::kData, "cannot create {}: {}", path, std::strerror(errno));
  for (const auto& [offset, bytes] : layout.pieces()) write_at(offset, bytes.data(), bytes.size());
}

ArrowColumnsWriter::~ArrowColumnsWriter() {
  if (file_ >= 0) ::close(file_);
}

void ArrowColumnsWriter::write_at(int64_t offset, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t count = ::pwrite(file_, data, size, offset);
    if (count < 0 && errno == EINTR) continue;
    check(count > 0, ErrorKind::kData, "cannot write {}: {}", path_, std::strerror(count == 0 ? ENOSPC : errno));
    data += count;
    offset += count;
    size -= static_cast<size_t>(count);
  }
}

void ArrowColumnsWriter::append_bytes(size_t index, std::span<const std::byte> bytes) {
  Stream& stream = streams_[index];
  const auto count = static_cast<int64_t>(bytes.size());
  check(stream.appended + count <= stream.size, ErrorKind::kInternal, "{}: {} bytes for stream {}, which holds {}", path_, stream.appended + count, index, stream.size);
  stream.appended += count;
  stream.buffer.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (stream.buffer.size() < kBufferBytes && stream.appended < stream.size) return;
  write_at(stream.offset + stream.appended - static_cast<int64_t>(stream.buffer.size()), stream.buffer.data(), stream.buffer.size());
  stream.buffer.clear();
}

void ArrowColumnsWriter::finish() {
  for (size_t i = 0; i < streams_.size(); ++i) {
    check(streams_[i].appended == streams_[i].size, ErrorKind::kInternal, "{}: stream {} got {} bytes of {}", path_, i, streams_[i].appended, streams_[i].size);
  }
  check(::close(std::exchange(file_, -1)) == 0, ErrorKind::kData, "cannot write {}: {}", path_, std::strerror(errno));
}

}  // namespace rechub
