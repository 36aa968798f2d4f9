# cmake -DFOLDER=DIR -DOUTPUT=FILE -P embed_page.cmake
# One page of DIR/page.html, with page.css for {{style}} and page.js and sections.js for {{script}}, as a C++ source that defines rechub::cli::kReportPage.
file(READ ${FOLDER}/page.html page)
file(READ ${FOLDER}/page.css style)
file(READ ${FOLDER}/page.js script)
file(READ ${FOLDER}/sections.js sections)
string(REPLACE "{{style}}" "${style}" page "${page}")
string(REPLACE "{{script}}" "${script}${sections}" page "${page}")
file(WRITE ${OUTPUT} "#include \"rechub/cli/report_page.h\"\n\nnamespace rechub::cli {\n\nconst char* const kReportPage = R\"page(${page})page\";\n\n}  // namespace rechub::cli\n")
