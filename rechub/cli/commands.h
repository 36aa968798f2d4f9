#pragma once

namespace rechub::cli {

// The program without its name and exit codes: argv[0] is a command or --help or --version. Returns the exit code (0) or throws Error.
int run_command(int argc, const char* const* argv);

// The commands, one file each (NAME.cpp). argv[0] is the command's name. Each returns the exit code or throws Error.
int run_compare(int argc, const char* const* argv);
int run_evaluate(int argc, const char* const* argv);
int run_experiment(int argc, const char* const* argv);
int run_export(int argc, const char* const* argv);
int run_index(int argc, const char* const* argv);
int run_info(int argc, const char* const* argv);
int run_prepare(int argc, const char* const* argv);
int run_recommend(int argc, const char* const* argv);
int run_serve(int argc, const char* const* argv);
int run_train(int argc, const char* const* argv);
int run_tune(int argc, const char* const* argv);
int run_verify(int argc, const char* const* argv);

}  // namespace rechub::cli
