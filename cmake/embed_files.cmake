# cmake "-DFILES=kName=PATH;..." -DHEADER=rechub/X/embedded.h -DVERSION=V -DOUTPUT=FILE -P embed_files.cmake
# Text files as a C++ source that defines rechub::kName for each, {{version}} in them replaced.
set(source "#include \"${HEADER}\"\n\nnamespace rechub {\n\n")
foreach(file ${FILES})
  string(REGEX MATCH "^([^=]+)=(.*)$" parts "${file}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} text)
  string(REPLACE "{{version}}" "${VERSION}" text "${text}")
  string(APPEND source "const char* const ${name} = R\"embedded(${text})embedded\";\n\n")
endforeach()
file(WRITE ${OUTPUT} "${source}}  // namespace rechub\n")
