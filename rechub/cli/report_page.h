#pragma once

namespace rechub::cli {

// The template of the page of `rechub compare`: report/page.html with its style and scripts, put together at build time (cmake/embed_page.cmake). {{report}} stands where the
// figures go.
extern const char* const kReportPage;

}  // namespace rechub::cli
