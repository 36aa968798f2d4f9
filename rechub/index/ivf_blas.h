#pragma once

namespace rechub {

// FAISS wants a BLAS and a LAPACK. A second one beside LibTorch's in one program would answer LibTorch's calls as well, as both have the same names, and the plain one of Debian is
// many times slower. So ivf_blas.cpp defines what FAISS's archive asks for, hidden from other libraries: the one product that training codebooks needs, by our kernels; the rest,
// which belongs to parts of FAISS that no index here uses, ends the program with a message.
//
// Called once by ivf.cpp, so that the linker takes these definitions and no others.
void use_own_blas();

}  // namespace rechub
