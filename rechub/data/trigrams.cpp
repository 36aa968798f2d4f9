#include "rechub/data/trigrams.h"

#include "rechub/base/random.h"
#include "rechub/data/vocabulary.h"

namespace rechub {
namespace {

bool is_continuation(char c) { return (c & 0xC0) == 0x80; }

// Letters and digits of ASCII, and every byte of other letters.
bool is_word_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0; }

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

uint64_t fnv1a(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Calls visit(trigram) for each trigram of `word`, which has # on both sides.
template <class Visit>
void visit_word(const std::string& word, std::vector<size_t>& starts, Visit& visit) {
  starts.clear();
  for (size_t i = 0; i < word.size(); ++i) {
    if (!is_continuation(word[i])) starts.push_back(i);
  }
  starts.push_back(word.size());
  for (size_t i = 0; i + 3 < starts.size(); ++i) visit(std::string_view(word).substr(starts[i], starts[i + 3] - starts[i]));
}

template <class Visit>
void visit_trigrams(std::string_view text, Visit visit) {
  std::string word;
  std::vector<size_t> starts;
  for (size_t i = 0; i < text.size();) {
    while (i < text.size() && !is_word_byte(text[i])) ++i;
    word = "#";
    for (; i < text.size() && is_word_byte(text[i]); ++i) word += small(text[i]);
    if (word.size() == 1) return;
    word += '#';
    visit_word(word, starts, visit);
  }
}

}  // namespace

void append_trigrams(std::string_view text, int64_t buckets, std::vector<int32_t>& codes) {
  visit_trigrams(text, [&](std::string_view trigram) { codes.push_back(kFirstIndex + static_cast<int32_t>(mix({fnv1a(trigram)}) % static_cast<uint64_t>(buckets))); });
}

std::vector<std::string> letter_trigrams(std::string_view text) {
  std::vector<std::string> trigrams;
  visit_trigrams(text, [&](std::string_view trigram) { trigrams.emplace_back(trigram); });
  return trigrams;
}

}  // namespace rechub
