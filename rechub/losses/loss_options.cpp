#include <cmath>

#include "rechub/base/error.h"
#include "rechub/losses/loss.h"

namespace rechub {

void LossOptions::describe(OptionVisitor& visitor) {
  visitor.field("margin", margin, "hinge: how much a target's score, over the temperature, should be above a negative's");
  visitor.field("regulariser", regulariser, "bpr_max: weight of the negatives' squared scores, 0 or more");
  visitor.field("elu", elu, "bpr_max: scores below 0 become elu * (e^score - 1) first; 0: they stay");
  visitor.field("gbce_t", gbce_t, "gbce: calibration from 0 (plain bce, over-confident with few negatives) to 1 (calibrated)");
  visitor.field("sce_alpha", sce_alpha, "scaled_softmax: what the sum over negatives is multiplied by; 1: a plain softmax over target and negatives");
}

void LossOptions::validate() const {
  check(std::isfinite(margin) && margin >= 0, ErrorKind::kUsage, "margin should be 0 or more, got {}; 0.1 to 0.5 suits cosines", margin);
  check(std::isfinite(regulariser) && regulariser >= 0, ErrorKind::kUsage, "regulariser should be 0 or more, got {}", regulariser);
  check(std::isfinite(elu) && elu >= 0, ErrorKind::kUsage, "elu should be 0 (off) or more, got {}", elu);
  check(gbce_t >= 0 && gbce_t <= 1, ErrorKind::kUsage, "gbce_t should be from 0 to 1, got {}", gbce_t);
  check(std::isfinite(sce_alpha) && sce_alpha > 0, ErrorKind::kUsage, "sce_alpha should be above 0, got {}", sce_alpha);
}

}  // namespace rechub
