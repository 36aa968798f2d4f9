#include "rechub/bundle/safetensors.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

using testing::HasSubstr;

template <class T>
TensorView view_of(TensorType type, std::vector<int64_t> shape, const std::vector<T>& values) {
  return {type, std::move(shape), std::as_bytes(std::span(values))};
}

// The layout of the format, put together by hand.
std::string file_text(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
}

SafetensorsContent parse(const std::string& text) { return parse_safetensors(std::as_bytes(std::span(text)), "f"); }

std::string error_of(const std::string& text) {
  try {
    parse(text);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.what();
  }
}

std::string tensor(const std::string& type, const std::string& shape, const std::string& offsets) {
  return "{\"a\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
}

class SafetensorsTest : public testing::Test {
 protected:
  ~SafetensorsTest() override { std::remove(path_.c_str()); }
  std::string written() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write_sample() const {
    write_safetensors(path_, {{"bytes", view_of(TensorType::kU8, {3}, bytes_)}, {"w", view_of(TensorType::kF32, {2, 3}, floats_)}, {"ids", view_of(TensorType::kI64, {}, ids_)}},
                      {{"by", "ü"}});
  }
  std::string path_ = testing::TempDir() + "safetensors_test.safetensors";
  std::vector<float> floats_ = {1, -2, .5f, 4, 5, 6};
  std::vector<int64_t> ids_ = {int64_t{1} << 60};
  std::vector<uint8_t> bytes_ = {7, 8, 9};
};

TEST_F(SafetensorsTest, RoundTrip) {
  write_sample();
  const SafetensorsFile file = SafetensorsFile::open(path_);
  EXPECT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.metadata().at("by"), "ü");
  const TensorView& weights = file.tensor("w");
  EXPECT_EQ(weights.type, TensorType::kF32);
  EXPECT_EQ(weights.shape, (std::vector<int64_t>{2, 3}));
  ASSERT_EQ(weights.bytes.size(), 24u);
  EXPECT_EQ(std::memcmp(weights.bytes.data(), floats_.data(), 24), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(weights.bytes.data()) % 4, 0u);
  EXPECT_EQ(std::memcmp(file.tensor("ids").bytes.data(), ids_.data(), 8), 0);
  EXPECT_EQ(std::memcmp(file.tensor("bytes").bytes.data(), bytes_.data(), 3), 0);
  EXPECT_THROW(file.tensor("x"), Error);
}

TEST_F(SafetensorsTest, EveryPrefixIsRefused) {
  write_sample();
  const std::string whole = written();
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_NE(error_of(whole.substr(0, size)), "") << size;
  EXPECT_EQ(error_of(whole), "");
  EXPECT_THAT(error_of(whole + "x"), HasSubstr("1 bytes at the end belong to no tensor"));
}

TEST_F(SafetensorsTest, EveryFlippedByteIsRefusedOrStaysInBounds) {
  write_sample();
  const std::string whole = written();
  int refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      try {
        unsigned sum = 0;
        for (const auto& [name, view] : parse(damaged).tensors) {
          EXPECT_GE(reinterpret_cast<const char*>(view.bytes.data()), damaged.data());
          EXPECT_LE(reinterpret_cast<const char*>(view.bytes.data() + view.bytes.size()), damaged.data() + damaged.size());
          for (const std::byte byte : view.bytes) sum += static_cast<unsigned>(byte);
        }
        EXPECT_GT(sum, 0u);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kData);
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(Safetensors, AcceptsWhatTheFormatAllows) {
  EXPECT_TRUE(parse(file_text("{}", "")).tensors.empty());
  EXPECT_EQ(parse(file_text("{}      ", "")).tensors.size(), 0u);
  EXPECT_EQ(parse(file_text(tensor("F16", "[0,9223372036854775807,9223372036854775807]", "[0,0]"), "")).tensors.at("a").bytes.size(), 0u);
  EXPECT_EQ(parse(file_text(tensor("BF16", "[2]", "[0,4]"), "abcd")).tensors.at("a").type, TensorType::kBF16);
}

TEST(Safetensors, RefusesOffsetsThatLie) {
  const std::string two = "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":";
  EXPECT_THAT(error_of(file_text(two + "[1,3]}}", "abc")), HasSubstr("overlap or leave a gap"));
  EXPECT_THAT(error_of(file_text(two + "[3,5]}}", "abcde")), HasSubstr("overlap or leave a gap"));
  EXPECT_EQ(error_of(file_text(two + "[2,4]}}", "abcd")), "");
  EXPECT_THAT(error_of(file_text(tensor("U8", "[2]", "[2,0]"), "ab")), HasSubstr("f: tensor \"a\": data_offsets"));
  EXPECT_THAT(error_of(file_text(tensor("U8", "[9]", "[0,9]"), "ab")), HasSubstr("within the 2 bytes of data"));
  EXPECT_THAT(error_of(file_text(tensor("U8", "[2]", "[0]"), "ab")), HasSubstr("two offsets"));
  EXPECT_THAT(error_of(file_text(tensor("F32", "[4611686018427387905]", "[0,4]"), "abcd")), HasSubstr("shape and type do not give"));  // 4 * shape wraps to 4
  EXPECT_THAT(error_of(file_text(tensor("U8", "[4294967296,4294967296]", "[0,0]"), "")), HasSubstr("shape and type do not give"));
}

TEST(Safetensors, RefusesHeadersThatLie) {
  EXPECT_THAT(error_of(std::string(8, '\xff')), HasSubstr("does not fit"));
  EXPECT_THAT(error_of(file_text("[]", "")), HasSubstr("must be a JSON object"));
  EXPECT_THAT(error_of(file_text("{", "")), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of(file_text("{\"a\":3}", "")), HasSubstr("an object with \"dtype\" was expected"));
  EXPECT_THAT(error_of(file_text(tensor("F33", "[]", "[0,4]"), "abcd")), HasSubstr("type \"F33\" is not known"));
  EXPECT_THAT(error_of(file_text(tensor("U8", "[-1]", "[0,1]"), "a")), HasSubstr("\"shape\" must be a list of whole numbers"));
  EXPECT_THAT(error_of(file_text(tensor("U8", "[1.0]", "[0,1]"), "a")), HasSubstr("\"shape\" must be"));
  EXPECT_THAT(error_of(file_text(tensor("U8", "[1]", "[0,18446744073709551615]"), "a")), HasSubstr("\"data_offsets\" must be"));
  EXPECT_THAT(error_of(file_text("{\"__metadata__\":{\"a\":1}}", "")), HasSubstr("__metadata__"));
  EXPECT_THAT(error_of(file_text("{\"a\":{},\"a\":{}}", "")), HasSubstr("stands twice"));
}

TEST_F(SafetensorsTest, TheWriterRefusesWhatItCouldNotRead) {
  EXPECT_THROW(write_safetensors(path_, {{"a", view_of(TensorType::kF32, {5}, floats_)}}), Error);
  EXPECT_THROW(write_safetensors(path_, {{"a", view_of(TensorType::kF32, {6}, floats_)}, {"a", view_of(TensorType::kF32, {6}, floats_)}}), Error);
  EXPECT_THROW(write_safetensors(path_, {{"__metadata__", view_of(TensorType::kF32, {6}, floats_)}}), Error);
  EXPECT_THROW(write_safetensors(path_, {{"\xff", view_of(TensorType::kF32, {6}, floats_)}}), Error);
  EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace rechub
