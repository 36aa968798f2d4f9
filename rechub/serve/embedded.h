#pragma once

namespace rechub {

// Files of this folder that are served, put into the program by CMake.
extern const char* const kOpenApi;                                      // openapi.json
extern const char *const kPage, *const kPageStyle, *const kPageScript;  // page/

}  // namespace rechub
