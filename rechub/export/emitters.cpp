#include "rechub/export/emitters.h"

namespace rechub {

Emitter find_emitter(std::string_view op) {
  for (const auto table : {arithmetic_emitters(), shape_emitters(), reduction_emitters(), indexing_emitters(), layer_emitters()}) {
    for (const EmitterEntry& entry : table) {
      if (op == entry.op) return entry.emit;
    }
  }
  return nullptr;
}

}  // namespace rechub
