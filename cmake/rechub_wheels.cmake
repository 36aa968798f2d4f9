# LibTorch and Arrow C++ come from the pip wheels of one Python environment, unless CMake is pointed elsewhere:
#   -DTorch_DIR=...  another LibTorch (a CUDA build, say);  -DRECHUB_PYTHON=...  another Python environment;  an Arrow that find_package(Arrow) finds is taken first.
# Read by our own build and by the installed package (rechubConfig.cmake). Gives the targets rechub_fmt, torch (if RECHUB_TORCH is on), rechub_arrow and OpenMP::OpenMP_CXX.

# LibTorch's include directory holds the headers of another fmt, without its library. A directory with ours alone is put before it.
get_target_property(RECHUB_FMT_INCLUDE fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/rechub_fmt)
file(CREATE_LINK ${RECHUB_FMT_INCLUDE}/fmt ${CMAKE_BINARY_DIR}/rechub_fmt/fmt SYMBOLIC)
add_library(rechub_fmt INTERFACE IMPORTED GLOBAL)
target_include_directories(rechub_fmt SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/rechub_fmt)
target_link_libraries(rechub_fmt INTERFACE fmt::fmt)

# Folders of the two packages; a package installed beside them (RECHUB_SITE, set by rechubConfig.cmake of a wheel) needs no Python to find them.
if(RECHUB_SITE)
  set(RECHUB_PACKAGES ${RECHUB_SITE}/torch ${RECHUB_SITE}/pyarrow)
else()
  set(find_packages "from importlib.util import find_spec as f; print(*(f(n).submodule_search_locations[0] if f(n) else 'none' for n in ('torch', 'pyarrow')), sep=';')")
  execute_process(COMMAND ${RECHUB_PYTHON} -c "${find_packages}"
                  OUTPUT_VARIABLE RECHUB_PACKAGES OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE RECHUB_PACKAGES_STATUS ERROR_QUIET)
  if(NOT RECHUB_PACKAGES_STATUS EQUAL 0)
    message(WARNING "The Python at ${RECHUB_PYTHON} does not run, so no wheel is looked at. Run ./run setup, or set -DRECHUB_PYTHON=... (or Torch_DIR and Arrow_DIR).")
    set(RECHUB_PACKAGES none none)
  endif()
endif()
list(GET RECHUB_PACKAGES 0 RECHUB_TORCH_PACKAGE)
list(GET RECHUB_PACKAGES 1 RECHUB_ARROW_PACKAGE)

find_package(Arrow QUIET)
find_package(Parquet QUIET)
if(NOT TARGET rechub_arrow)
  add_library(rechub_arrow INTERFACE IMPORTED GLOBAL)
  if(Arrow_FOUND AND Parquet_FOUND)
    target_link_libraries(rechub_arrow INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
  else()
    file(GLOB RECHUB_ARROW_LIBRARY "${RECHUB_ARROW_PACKAGE}/libarrow.so.*")
    file(GLOB RECHUB_PARQUET_LIBRARY "${RECHUB_ARROW_PACKAGE}/libparquet.so.*")
    if(NOT RECHUB_ARROW_LIBRARY OR NOT RECHUB_PARQUET_LIBRARY)
      message(FATAL_ERROR "Arrow was not found: neither by find_package(Arrow) nor as a pyarrow wheel ('${RECHUB_ARROW_PACKAGE}'). "
                          "Run ./run setup first, or set -DRECHUB_PYTHON=... or -DArrow_DIR=...")
    endif()
    target_include_directories(rechub_arrow SYSTEM INTERFACE ${RECHUB_ARROW_PACKAGE}/include)
    target_link_libraries(rechub_arrow INTERFACE ${RECHUB_PARQUET_LIBRARY} ${RECHUB_ARROW_LIBRARY})
  endif()
endif()

if(RECHUB_TORCH)
  if(NOT Torch_DIR)
    set(Torch_DIR "${RECHUB_TORCH_PACKAGE}/share/cmake/Torch")
  endif()
  find_package(Torch REQUIRED)
  # LibTorch's wheel brings an OpenMP of its own; two of them in one process would each have their threads.
  if(EXISTS ${TORCH_INSTALL_PREFIX}/lib/libgomp.so.1)
    set(OpenMP_gomp_LIBRARY ${TORCH_INSTALL_PREFIX}/lib/libgomp.so.1 CACHE FILEPATH "LibTorch's OpenMP")
  endif()
endif()
find_package(OpenMP REQUIRED COMPONENTS CXX)
