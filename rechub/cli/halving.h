#pragma once

#include <cstdint>
#include <vector>

namespace rechub::cli {

// Successive halving that needs no rounds (ASHA, its stopping form: Li et al., MLSys 2020): a trial is looked at after first, first * reduction, first * reduction^2, ... epochs,
// and goes on past a rung only if it is among the best 1/reduction of all trials that came to this rung so far, itself included; at least the best one goes on.
std::vector<int64_t> rungs_below(int64_t epochs, int64_t first, int64_t reduction);  // throws kUsage unless first >= 1 and reduction >= 2
bool goes_on(double value, const std::vector<double>& earlier, int64_t reduction);

}  // namespace rechub::cli
