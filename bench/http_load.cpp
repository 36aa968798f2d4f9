// Asks an HTTP server on this machine and times the answers: what bench/serve_bench.py puts load with.
//
//     http_load PORT REQUESTS [connections=64] [seconds=10] [warmup=2] [rate=0] [token=TEXT]
//
// REQUESTS is a file with a request a line, "METHOD PATH BODY", asked in turn and from the start again. rate=0 is a closed loop: every connection asks its next as soon as it has
// an answer. Any other rate is an open loop: so many requests a second, evenly spaced, whether or not earlier ones are answered, and a time counts from when its request was due.
// (wrk, hey and h2load count from when they sent it, so a server that stalls stalls them, and its worst times are missed.) Requests due in the warm-up are asked and not counted.
// Prints JSON, also where the server stalls: requests that have no answer 30 s after the last was due are `unanswered`, and their times count. One thread, which sleeps between
// events: it takes little of the machine that is measured.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nlohmann/json.hpp>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"

namespace rechub::bench {
namespace {

constexpr double kPatience = 30;  // seconds after the last request was due, until what is not answered counts as unanswered

struct Options {
  int port = 0, connections = 64;
  double seconds = 10, warmup = 2, rate = 0;
  std::string token;
};

struct Connection {
  int socket = -1;
  bool is_busy = false;
  double due = 0;
  std::string unsent, received;
};

struct Tally {
  std::map<int, int64_t> statuses;
  int64_t cache_hits = 0, bytes = 0, failed = 0, unanswered = 0;
  std::vector<double> seconds;
};

std::vector<std::string> read_requests(const std::string& path, const std::string& token) {
  std::ifstream file(path);
  std::vector<std::string> requests;
  for (std::string line; std::getline(file, line);) {
    const size_t method = line.find(' '), target = line.find(' ', method + 1);
    check(target != std::string::npos, ErrorKind::kData, "{}: a line must be METHOD PATH BODY, found '{}'", path, line);
    const std::string body = line.substr(target + 1), authorization = token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
    requests.push_back(line.substr(0, target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + authorization +
                       "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  check(!requests.empty(), ErrorKind::kData, "{}: there are no requests", path);
  return requests;
}

class Load {
 public:
  Load(const Options& options, std::vector<std::string> requests) : options_(options), requests_(std::move(requests)), connections_(options.connections) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < options.connections; ++i) open(i);
  }
  ~Load() {
    for (const Connection& connection : connections_) ::close(connection.socket);
    ::close(epoll_);
  }

  nlohmann::json run() {
    begin_ = monotonic_seconds();
    count_from_ = begin_ + options_.warmup;
    const double end = count_from_ + options_.seconds;
    std::vector<epoll_event> events(connections_.size());
    int64_t num_due = 0;
    const auto due_at = [&] { return begin_ + static_cast<double>(num_due) / options_.rate; };
    for (double now = begin_; now < end || (is_asking() && now < end + kPatience); now = monotonic_seconds()) {
      if (options_.rate > 0) {
        for (; due_at() <= now && due_at() < end; ++num_due) waiting_.push_back(due_at());
        while (!waiting_.empty() && !idle_.empty()) ask(waiting_.front()), waiting_.pop_front();
      } else if (now < end) {
        while (!idle_.empty()) ask(now);
      }
      const bool is_more_due = options_.rate > 0 && due_at() < end;
      const double pause = std::clamp((is_more_due ? due_at() : end) - monotonic_seconds(), 0.0, 0.1);
      const timespec timeout{0, static_cast<long>(pause * 1e9)};
      const int ready = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
      for (int i = 0; i < ready; ++i) advance(static_cast<int>(events[i].data.fd));
    }
    give_up();
    return result();
  }

 private:
  bool is_asking() const { return idle_.size() < connections_.size() || !waiting_.empty(); }

  // Requests without an answer by now count, with the time they have waited: a server that stalls must not look quick.
  void give_up() {
    const double now = monotonic_seconds();
    const auto count = [&](double due) {
      if (due < count_from_) return;
      ++tally_.unanswered;
      tally_.seconds.push_back(now - due);
    };
    for (const Connection& connection : connections_) {
      if (connection.is_busy) count(connection.due);
    }
    for (const double due : waiting_) count(due);
  }

  void open(int place) {
    Connection& connection = connections_[place];
    connection = {};
    connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, ErrorKind::kNotFound, "cannot connect to port {}: {}", options_.port,
          std::strerror(errno));
    const int on = 1;
    ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(connection.socket, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = place;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
    idle_.push_back(place);
  }

  void watch(int place, uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = place;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connections_[place].socket, &event);
  }

  void ask(double due) {
    const int place = idle_.front();
    idle_.pop_front();
    Connection& connection = connections_[place];
    connection.is_busy = true;
    connection.due = due;
    connection.unsent = requests_[next_++ % requests_.size()];
    send(place);
  }

  void send(int place) {
    Connection& connection = connections_[place];
    const ssize_t count = ::send(connection.socket, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) return lose(place);
    if (count > 0) connection.unsent.erase(0, count);
    if (!connection.unsent.empty()) watch(place, EPOLLIN | EPOLLOUT);
  }

  void lose(int place) {
    tally_.failed += connections_[place].is_busy && connections_[place].due >= count_from_ ? 1 : 0;
    ::close(connections_[place].socket);
    std::erase(idle_, place);
    open(place);
  }

  void advance(int place) {
    Connection& connection = connections_[place];
    if (!connection.unsent.empty()) {
      watch(place, EPOLLIN);
      send(place);
    }
    char buffer[65536];
    const ssize_t count = ::recv(connection.socket, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return lose(place);
    connection.received.append(buffer, count);
    const size_t head = connection.received.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const std::string_view header(connection.received.data(), head + 4);
    const size_t length = header.find("\r\nContent-Length: ");
    check(length != std::string_view::npos, ErrorKind::kData, "an answer without Content-Length: {}", header);
    const size_t whole = head + 4 + std::strtoull(header.data() + length + 18, nullptr, 10);
    if (connection.received.size() < whole) return;
    if (connection.due >= count_from_) {
      ++tally_.statuses[std::atoi(header.data() + 9)];
      tally_.cache_hits += header.find("\r\nX-RecHub-Cache: hit") != std::string_view::npos ? 1 : 0;
      tally_.bytes += static_cast<int64_t>(whole);
      tally_.seconds.push_back(monotonic_seconds() - connection.due);
    }
    const bool is_closing = header.find("\r\nConnection: close") != std::string_view::npos;
    connection.received.clear();
    connection.is_busy = false;
    if (is_closing) return lose(place);
    idle_.push_back(place);
  }

  nlohmann::json result() {
    std::vector<double>& times = tally_.seconds;
    std::sort(times.begin(), times.end());
    const auto milliseconds = [&](double share) {
      return times.empty() ? 0 : 1e3 * times[std::min(times.size() - 1, static_cast<size_t>(share * static_cast<double>(times.size())))];
    };
    nlohmann::json statuses = nlohmann::json::object();
    for (const auto& [status, count] : tally_.statuses) statuses[std::to_string(status)] = count;
    const auto answered = static_cast<double>(times.size()) - static_cast<double>(tally_.unanswered);
    return {{"requests_per_second", answered / options_.seconds},
            {"p50_ms", milliseconds(0.5)},
            {"p99_ms", milliseconds(0.99)},
            {"p999_ms", milliseconds(0.999)},
            {"max_ms", milliseconds(1)},
            {"statuses", statuses},
            {"failed", tally_.failed},
            {"unanswered", tally_.unanswered},
            {"cache_hits", tally_.cache_hits},
            {"bytes_per_answer", answered > 0 ? static_cast<double>(tally_.bytes) / answered : 0}};
  }

  const Options options_;
  const std::vector<std::string> requests_;
  std::vector<Connection> connections_;
  std::deque<int> idle_;
  std::deque<double> waiting_;  // when the requests were due that no connection was free for
  int epoll_ = -1;
  size_t next_ = 0;
  double begin_ = 0, count_from_ = 0;
  Tally tally_;
};

int run(int argc, const char* const* argv) {
  check(argc >= 3, ErrorKind::kUsage, "usage: http_load PORT REQUESTS [connections=64] [seconds=10] [warmup=2] [rate=0] [token=TEXT]");
  Options options;
  options.port = std::atoi(argv[1]);
  for (int i = 3; i < argc; ++i) {
    const std::string text = argv[i], name = text.substr(0, text.find('=')), value = text.substr(std::min(text.size(), name.size() + 1));
    if (name == "connections") options.connections = std::atoi(value.c_str());
    if (name == "seconds") options.seconds = std::atof(value.c_str());
    if (name == "warmup") options.warmup = std::atof(value.c_str());
    if (name == "rate") options.rate = std::atof(value.c_str());
    if (name == "token") options.token = value;
  }
  check(options.connections > 0 && options.seconds > 0, ErrorKind::kUsage, "connections and seconds must be above 0");
  Load load(options, read_requests(argv[2], options.token));
  std::printf("%s\n", load.run().dump().c_str());
  return 0;
}

}  // namespace
}  // namespace rechub::bench

int main(int argc, char** argv) {
  try {
    return rechub::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
