"""Many idle and slow connections beside good requests, for a test of some and a benchmark of many."""

import resource
import socket
import time

OTHER_FILES = 64


def allow_files(wanted: int) -> int:
    """So many connections may this process hold: the limit of open files is raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + OTHER_FILES if hard == resource.RLIM_INFINITY else min(hard, wanted + OTHER_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return min(wanted, most - OTHER_FILES)


def is_answered(server) -> bool:
    try:
        status, answer, _ = server.request("POST", "/v1/recommend", {"user": "u1", "k": 3})
    except OSError:
        return False
    return status == 200 and len(answer["items"]) == 3


def crowd(server, connections: int, asked_each: int = 100) -> dict:
    """Opens connections, every second of which has sent half a header and waits, and after each `asked_each` asks for recommendations on a new one. Says how long the slowest good
    request took, and what the connections cost in memory."""
    server.recommend(user="u1")
    before = server.resident_bytes()
    clients, seconds, refused = [], [], 0
    try:
        for i in range(connections):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            if i % 2:
                client.sendall(b"POST /v1/recommend HTTP/1.1\r\nHost: x\r\nContent-Le")
            clients.append(client)
            if i % asked_each == asked_each - 1:
                began = time.monotonic()
                refused += not is_answered(server)
                seconds.append(time.monotonic() - began)
        return {
            "connections": connections,
            "open": int(server.metric("rechub_connections_open")),
            "evicted": int(server.metric("rechub_connections_evicted_total")),
            "good_requests": len(seconds),
            "not_answered": refused,
            "slowest_good_request_seconds": max(seconds),
            "growth_bytes": server.resident_bytes() - before,
        }
    finally:
        for client in clients:
            client.close()
