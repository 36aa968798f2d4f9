#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace rechub {

// Limits of models' options: beyond any use, and below what ends a process for want of memory or never ends.
inline constexpr int64_t kWidest = 16384, kLongest = 100000, kMostLayers = 64, kMostInterests = 1024, kMostPrototypes = 1000000, kMostIterations = 100;

// Throw kUsage for a value out of range: "NAME should be from LEAST to MOST, got VALUE". `zero`: what 0 stands for, where it has a meaning. Choices are names: "NAME should be A, B
// or C".
void check_range(const std::string& name, int64_t value, int64_t least, int64_t most, const std::string& zero = "");
void check_widths(const std::string& name, const std::vector<int64_t>& widths);
void check_dropout(const std::string& name, double share);
void check_choice(const std::string& name, const std::string& value, std::initializer_list<const char*> choices);

}  // namespace rechub
