#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rechub {

// Pieces [begin, end) of a packed axis: window w covers values[begin[w] .. end[w]). Windows may overlap and may be empty; begin and end are int64 [n].
// Sequences in a batch are windows; so are the histories of single readouts. A padded [B, L] batch is the case begin = b * L, end = begin + length.
struct Windows {
  at::Tensor begin, end;     // int64 [n], CPU contiguous for the fused path
  // The composite forms of sequence ops work on a padded view: index[w, t] is the packed position of element t of window w (any valid position where masked), mask[w, t] says whether it exists.
  // Undefined until padded() makes them; the ONNX export sets them itself, from the padded input's shape.
  at::Tensor index, mask;    // int64 [n, L], bool [n, L]

  // This with index and mask filled in.
  Windows padded() const;
};

}  // namespace rechub
