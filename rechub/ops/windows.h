#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace rechub {

// Pieces [begin, end) of a packed axis: window w covers values[begin[w] .. end[w]). Windows may overlap and may be empty; begin and end are int64 [n].
// Sequences in a batch are windows; so are the histories of single readouts. A padded [B, L] batch is the case begin = b * L, end = begin + length.
struct Windows {
  at::Tensor begin, end;  // int64 [n], CPU contiguous for the fused path
  // The composite forms of sequence ops work on a padded view: index[w, t] is the packed position of element t of window w (any valid position where masked), mask[w, t] says
  // whether it exists. Undefined until padded() makes them; the ONNX export sets them itself, from the padded input's shape, and then needs no begin and end.
  at::Tensor index, mask;  // int64 [n, L], bool [n, L]
  // True when the packed axis is the padded one flattened: P = n * L and index counts 0, 1, 2, ... The way back from padded to packed is then a reshape instead of a scatter, which
  // is what the ONNX export wants.
  bool is_padded_input = false;

  // This with index and mask filled in (as it is, when they are there already). L is the longest window, at least 1. The packed axis must not be empty where n > 0, as masked
  // entries point to 0.
  Windows padded() const;
};

// The three below are differentiable and read no size as an integer, so that a trace of them holds for every n, L and P. `windows` are padded().

// Packed values [P, E] as [n, L, E]. Masked entries hold any row of values.
at::Tensor to_padded(const at::Tensor& values, const Windows& windows);

// The way back for windows that do not overlap: padded [n, L, H] as packed [P, H], 0 in rows of no window. `like` [P, any] lends P; masked entries of `padded` may hold anything,
// also NaN.
at::Tensor to_packed(const at::Tensor& padded, const Windows& windows, const at::Tensor& like);

// 0, 1, 2, ... in every row: int64 [n, L].
at::Tensor padded_offsets(const Windows& windows);

}  // namespace rechub
