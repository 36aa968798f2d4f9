# Every library we use, found once.
if(SKBUILD)  # pip builds a wheel with a Python of its own
  set(RECHUB_PYTHON ${Python_EXECUTABLE})
endif()
set(RECHUB_PYTHON "${CMAKE_CURRENT_SOURCE_DIR}/.venv/bin/python" CACHE FILEPATH "Python whose site-packages hold torch and pyarrow")

find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_path(RECHUB_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
find_path(RECHUB_TOMLPP_INCLUDE toml++/toml.h REQUIRED)
find_path(RECHUB_PROTOZERO_INCLUDE protozero/pbf_writer.hpp REQUIRED)
include(rechub_wheels)
# Approximate indexes need these three; rechub/index builds without any of them.
find_path(RECHUB_HNSWLIB_INCLUDE hnswlib/hnswlib.h)
find_path(RECHUB_ANNOY_INCLUDE annoylib.h PATHS "${CMAKE_CURRENT_SOURCE_DIR}/.venv/annoy")
find_package(faiss CONFIG QUIET)

if(RECHUB_TESTS)
  find_package(GTest REQUIRED)
endif()
if(RECHUB_BENCH)
  find_package(benchmark REQUIRED)
endif()
find_program(RECHUB_CCACHE ccache)
if(RECHUB_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DEPEND=1 ${RECHUB_CCACHE})
endif()
