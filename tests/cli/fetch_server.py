"""A server on loopback that treats files as bad servers do.

fetch_server.py FOLDER LOG PORT_FILE

/BEHAVIOUR/NAME serves FOLDER/NAME; what each does stands at its function. Its
port goes to PORT_FILE, a line for each request to LOG. It ends after SECONDS,
or when its parent does.
"""

import http.server
import os
import sys
import threading
import time

SECONDS = 150
PIECE = 16384


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = log = ""
    lock = threading.Lock()
    seen = {}  # requests of each path

    def log_message(self, *args):
        pass

    def count(self):
        with self.lock:
            n = self.seen.get(self.path, 0) + 1
            self.seen[self.path] = n
            with open(self.log, "a") as f:
                f.write("%s %s\n" % (self.path, self.headers.get("Range", "-")))
        return n

    def start(self):
        """First byte asked for, 0 without a range."""
        r = self.headers.get("Range", "")
        return int(r[6:].split("-")[0]) if r.startswith("bytes=") else 0

    def head(self, code, length=None, extra=()):
        self.send_response(code)
        if length is not None:
            self.send_header("Content-Length", str(length))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        for k, v in extra:
            self.send_header(k, v)
        self.end_headers()

    def body(self, data, pause=0.0):
        for i in range(0, len(data), PIECE):
            self.wfile.write(data[i : i + PIECE])
            self.wfile.flush()
            time.sleep(pause)

    def send(self, data, at=0, length=None, pause=0.0, stop=None):
        """data from at on; stop: cut the connection after that many bytes."""
        rest = data[at:]
        extra = [("Content-Range", "bytes %d-%d/%d" % (at, len(data) - 1, len(data)))]
        self.head(206 if at else 200, len(rest) if length is None else length,
                  extra if at else ())
        self.body(rest if stop is None else rest[:stop], pause)
        if stop is not None or length is not None:
            self.close_connection = True

    def fail(self, code):
        self.head(code, 0)

    # ---- behaviours

    def b_ok(self, data, n):
        self.send(data, self.start())

    def b_norange(self, data, n):
        self.send(data)

    def b_cut(self, data, n):
        """a third of it each time"""
        self.send(data, self.start(), stop=len(data) // 3 + 1)

    def b_cutnorange(self, data, n):
        """cut the first time, and no ranges"""
        self.send(data, stop=len(data) // 2 if n == 1 else None)

    def b_cutalways(self, data, n):
        self.send(data, stop=1000)

    def b_stall(self, data, n):
        """half of it, then nothing, the first time"""
        if n > 1:
            return self.send(data, self.start())
        self.send(data, stop=len(data) // 2)
        time.sleep(6)

    def b_slow(self, data, n):
        self.send(data, self.start(), pause=0.07)

    def b_short(self, data, n):
        """says that it is shorter than it is, and keeps to that"""
        self.head(200, len(data) - 10)
        self.body(data[:-10])

    def b_shortnolength(self, data, n):
        self.head(200)
        self.body(data[:-10])

    def b_long(self, data, n):
        """says that it is longer, and sends all there is"""
        self.send(data, length=len(data) + 10)

    def b_extra(self, data, n):
        """much more than it should, without a length"""
        self.head(200)
        self.body(data * 8)

    def b_extralength(self, data, n):
        self.send(data + b"more")

    def b_wrong(self, data, n):
        self.send(bytes([data[0] ^ 1]) + data[1:], self.start())

    def b_mixed(self, data, n):
        """the first half of another version, then the right one"""
        other = bytes(b ^ 1 for b in data)
        if n == 1:
            return self.send(other, stop=len(data) // 2)
        self.send(data, self.start())

    def b_page(self, data, n):
        page = b"<!DOCTYPE html><title>Log in</title>"
        self.head(200, len(page))
        self.body(page)

    def b_empty(self, data, n):
        self.head(200, 0)

    def b_busy(self, data, n):
        self.fail(503) if n < 3 else self.send(data, self.start())

    def b_down(self, data, n):
        self.fail(503)

    def b_gone(self, data, n):
        self.fail(404)

    def b_silent(self, data, n):
        """takes the request and hangs up"""
        self.close_connection = True

    def b_416(self, data, n):
        """cut the first time; then it denies every range"""
        if n == 1:
            return self.send(data, stop=len(data) // 2)
        self.fail(416) if self.start() else self.send(data)

    def b_badrange(self, data, n):
        """cut the first time; then another part than asked for"""
        if n == 1:
            return self.send(data, stop=len(data) // 2)
        if not self.start():
            return self.send(data)
        self.head(206, len(data), [("Content-Range", "bytes 0-%d/%d" %
                                    (len(data) - 1, len(data)))])
        self.body(data)

    def b_moved(self, data, n):
        self.head(302, 0, [("Location", "/ok/" + self.path.split("/")[-1])])

    def b_circle(self, data, n):
        self.head(302, 0, [("Location", self.path)])

    def b_tofile(self, data, n):
        self.head(302, 0, [("Location", "file:///etc/hostname")])

    def do_GET(self):
        behaviour, _, name = self.path.lstrip("/").partition("/")
        n = self.count()
        try:
            with open(os.path.join(self.folder, os.path.basename(name)), "rb") as f:
                data = f.read()
        except OSError:
            return self.fail(404)
        try:
            getattr(self, "b_" + behaviour)(data, n)
        except OSError:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    timeout = 0.2

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is what this is about


def main():
    Handler.folder, Handler.log, port_file = sys.argv[1:]
    parent = os.getppid()
    end = time.monotonic() + SECONDS
    server = Server(("127.0.0.1", 0), Handler)
    with open(port_file + ".new", "w") as f:
        f.write(str(server.server_address[1]))
    os.rename(port_file + ".new", port_file)
    while time.monotonic() < end and os.getppid() == parent:
        server.handle_request()


main()
