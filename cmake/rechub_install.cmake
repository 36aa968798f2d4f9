# cmake --install build --prefix P gives
#   P/bin/rechub   P/lib/librechub_*.a   P/include/rechub/**/*.h   P/lib/cmake/rechub
# In a wheel (pyproject.toml) P is site-packages/rechub.
# and find_package(rechub) the target rechub::rechub, which links everything (rechub::data, rechub::models ... are the folders).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(RECHUB_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/rechub)

get_property(RECHUB_LIBRARIES GLOBAL PROPERTY RECHUB_LIBRARIES)
add_library(rechub_everything INTERFACE)
target_link_libraries(rechub_everything INTERFACE ${RECHUB_LIBRARIES})
set_target_properties(rechub_everything PROPERTIES EXPORT_NAME rechub)
set_target_properties(rechub_flags PROPERTIES EXPORT_NAME flags)
install(TARGETS rechub_everything rechub_flags EXPORT rechubTargets)
install(EXPORT rechubTargets NAMESPACE rechub:: DESTINATION ${RECHUB_CMAKE_DIR})
install(DIRECTORY rechub/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rechub FILES_MATCHING PATTERN "*.h")

# An Arrow that lies inside our own .venv is not named by path: the package looks for it at the consumer's, with this one as default.
configure_package_config_file(cmake/rechubConfig.cmake.in ${CMAKE_BINARY_DIR}/rechubConfig.cmake INSTALL_DESTINATION ${RECHUB_CMAKE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/rechubConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/rechubConfig.cmake ${CMAKE_BINARY_DIR}/rechubConfigVersion.cmake cmake/rechub_wheels.cmake DESTINATION ${RECHUB_CMAKE_DIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The program finds the wheels' libraries from wherever it is installed.
if(TARGET rechub)
  get_target_property(arrow_libraries rechub_arrow INTERFACE_LINK_LIBRARIES)
  set(RECHUB_RPATH ${TORCH_INSTALL_PREFIX}/lib)
  foreach(library ${arrow_libraries})
    if(IS_ABSOLUTE "${library}")
      get_filename_component(folder ${library} DIRECTORY)
      list(APPEND RECHUB_RPATH ${folder})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES RECHUB_RPATH)
  install(TARGETS rechub DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(SKBUILD)  # site-packages/rechub/bin/rechub, beside site-packages/torch; the module is site-packages/rechub/_engine.*.so
    set_target_properties(rechub PROPERTIES INSTALL_RPATH "$ORIGIN/../../torch/lib;$ORIGIN/../../pyarrow")
    set_target_properties(_engine PROPERTIES INSTALL_RPATH "$ORIGIN/../torch/lib;$ORIGIN/../pyarrow")
    install(TARGETS _engine LIBRARY DESTINATION .)
    install(FILES ${CMAKE_BINARY_DIR}/python/rechub/_engine.pyi ${CMAKE_BINARY_DIR}/python/rechub/_version.py DESTINATION .)
  else()
    set_target_properties(rechub PROPERTIES INSTALL_RPATH "${RECHUB_RPATH}")
  endif()
endif()
