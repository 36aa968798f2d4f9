#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rechub {

// Word hashing as in DSSM (Huang et al. 2013, section 3.2): each word of a text, in small letters and with # before and behind it, gives its letter trigrams: "good" is #go goo ood
// od#. Words are runs of letters and digits; letters are Unicode code points, of which A to Z become small. A trigram's code is 2 + hash % buckets, the hash FNV-1a of its bytes
// mixed by splitmix64, so it needs no vocabulary and unseen words still share trigrams with seen ones. Appends one code a trigram, repeated ones as often as they occur.
void append_trigrams(std::string_view text, int64_t buckets, std::vector<int32_t>& codes);

// The trigrams themselves, for tests and curious people.
std::vector<std::string> letter_trigrams(std::string_view text);

}  // namespace rechub
