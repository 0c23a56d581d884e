/* Load generator: keeps one request in flight on each of N connections, for a given time.
 *
 *   load [-r RATE] [-l LATENCIES] PORT CONNECTIONS SECONDS REQUESTS SAMPLES [OPENING ANSWER_BYTES]
 *
 * REQUESTS holds whole HTTP requests, each after its length (uint32, this machine's byte order);
 * they are sent in turn. Each answer must have status 200, or it counts as an error. Bodies of one
 * answer in SAMPLE_EVERY, and of the first error, go to SAMPLES as "<request number> <length>\n<body>\n",
 * for the caller to check. Prints one line of JSON. Requests under way when time is up are awaited,
 * so that what was answered is exactly what was sent.
 *
 * With OPENING, a file sent first on each connection and not answered, the protocol is DAX's: an
 * answer begins with 80h and has ANSWER_BYTES, all alike.
 *
 * With -r, a request is due every 1/RATE s, whatever became of those before; it goes out as soon as a
 * connection is free, and its latency counts from when it was due. With -l, all latencies go to that
 * file (uint32, microseconds), for the caller to put several runs together.
 *
 * Written in C so that the generator is never the slower side; called by bench/generator.py.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_EVERY 500
#define BUFFER (4 << 20)

struct request { const char *bytes; uint32_t length; };
struct connection {
    int fd;
    uint32_t number;      /* of the request in flight */
    double sent_at;
    size_t have;
    size_t written;
    char *buffer;
};

static struct request *requests;
static uint32_t request_count, next_request;
static uint32_t *latencies_us;
static size_t answered, errors, latency_room, inflight;
static FILE *samples;
static struct sockaddr_in server;
static int poller;
static char opening[4096];
static size_t opening_length, answer_bytes;
static double rate, started;  /* rate 0: as fast as it is answered */
static size_t due_count;      /* requests that were given a time */
static struct connection **idle;
static int idle_count;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) { perror(what); exit(1); }

static void load_requests(const char *path) {
    int fd = open(path, O_RDONLY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status)) die(path);
    const char *at = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED) die("mmap");
    const char *end = at + status.st_size;
    size_t room = 0;
    while (at < end) {
        if (request_count == room) {
            room = room ? room * 2 : 1024;
            requests = realloc(requests, room * sizeof *requests);
        }
        uint32_t length;
        memcpy(&length, at, 4);
        requests[request_count++] = (struct request){at + 4, length};
        at += 4 + length;
    }
}

static void watch(struct connection *c, int how, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(poller, how, c->fd, &event)) die("epoll_ctl");
}

static void dial(struct connection *c) {
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&server, sizeof server)) die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (opening_length && send(c->fd, opening, opening_length, MSG_NOSIGNAL) < 0) die("send");
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static void push(struct connection *c) {
    struct request *r = &requests[c->number];
    while (c->written < r->length) {
        ssize_t n = send(c->fd, r->bytes + c->written, r->length - c->written, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) { watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT); return; }
        if (n < 0) die("send");
        c->written += n;
    }
    if (r->length > 16384) watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static void begin(struct connection *c) {
    c->number = next_request++ % request_count;
    c->have = 0;
    c->written = 0;
    c->sent_at = rate ? started + due_count++ / rate : now();
    inflight++;
    push(c);
}

/* Sends what is due, as far as there are idle connections. */
static void begin_due(double at, double until) {
    while (idle_count && started + due_count / rate <= (at < until ? at : until))
        begin(idle[--idle_count]);
}

/* The value of a header, or NULL. */
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, name, length) && line[2 + length] == ':')
            return line + 3 + length + strspn(line + 3 + length, " ");
    return NULL;
}

static void finish(struct connection *c, const char *body, size_t length, int ok, int closing) {
    if (answered == latency_room) {
        latency_room = latency_room ? latency_room * 2 : 1 << 16;
        latencies_us = realloc(latencies_us, latency_room * sizeof *latencies_us);
    }
    latencies_us[answered++] = (uint32_t)((now() - c->sent_at) * 1e6);
    inflight--;
    if (answered % SAMPLE_EVERY == 1 || (!ok && !errors)) {
        fprintf(samples, "%u %zu\n", c->number, length);
        fwrite(body, 1, length, samples);
        fputc('\n', samples);
    }
    errors += !ok;
    if (closing) { close(c->fd); dial(c); }
}

/* Reads what there is; 1 when the answer was complete. */
static int take(struct connection *c) {
    ssize_t n = recv(c->fd, c->buffer + c->have, BUFFER - 1 - c->have, 0);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n < 0) die("recv");
    c->have += n;
    if (opening_length) {
        if (n == 0) { fprintf(stderr, "closed without an answer\n"); exit(1); }
        if (c->buffer[0] != (char)0x80) { fprintf(stderr, "an error was answered\n"); exit(1); }
        if (c->have > answer_bytes) { fprintf(stderr, "more bytes than the answer has\n"); exit(1); }
        if (c->have < answer_bytes) return 0;
        finish(c, c->buffer, c->have, 1, 0);
        return 1;
    }
    c->buffer[c->have] = 0;
    char *blank = strstr(c->buffer, "\r\n\r\n");
    if (!blank) {
        if (n == 0) { fprintf(stderr, "closed without an answer\n"); exit(1); }
        return 0;
    }
    char *body = blank + 4;
    size_t got = c->buffer + c->have - body;
    blank[2] = 0;
    const char *length_header = header(c->buffer, "content-length");
    const char *connection = header(c->buffer, "connection");
    int closing = n == 0 || !strncmp(c->buffer, "HTTP/1.0", 8)
        || (connection && !strncasecmp(connection, "close", 5));
    int complete;
    size_t length = got;
    if (length_header) {
        length = strtoul(length_header, NULL, 10);
        complete = got >= length;
        if (got > length) { fprintf(stderr, "more bytes than the answer has\n"); exit(1); }
    } else if (header(c->buffer, "transfer-encoding")) {
        complete = got >= 5 && !memcmp(body + got - 5, "0\r\n\r\n", 5);
    } else {
        complete = n == 0;
    }
    blank[2] = '\r';
    if (!complete) return 0;
    finish(c, body, length, !strncmp(c->buffer + 8, " 200", 4), closing);
    return 1;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(double part) {
    return answered ? latencies_us[(size_t)(part * (answered - 1))] / 1e3 : 0;
}

int main(int count, char **words) {
    const char *latencies = NULL;
    for (int option; (option = getopt(count, words, "+r:l:")) != -1;) {
        if (option == 'r') rate = atof(optarg);
        else if (option == 'l') latencies = optarg;
        else return 2;
    }
    count -= optind - 1;
    words += optind - 1;
    if (count != 6 && count != 8) {
        fprintf(stderr, "load [-r RATE] [-l LATENCIES] PORT CONNECTIONS SECONDS REQUESTS SAMPLES "
                "[OPENING ANSWER_BYTES]\n");
        return 2;
    }
    if (count == 8) {
        FILE *file = fopen(words[6], "rb");
        if (!file) die(words[6]);
        opening_length = fread(opening, 1, sizeof opening, file);
        fclose(file);
        answer_bytes = strtoul(words[7], NULL, 10);
    }
    int connections = atoi(words[2]);
    double seconds = atof(words[3]);
    load_requests(words[4]);
    samples = fopen(words[5], "wb");
    if (!samples) die(words[5]);
    server.sin_family = AF_INET;
    server.sin_port = htons(atoi(words[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct connection *all = calloc(connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        all[i].buffer = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all[i].buffer == MAP_FAILED) die("mmap");
        dial(&all[i]);
    }
    int timer = -1;
    struct connection clock_tick = {0};
    if (rate) {
        idle = calloc(connections, sizeof *idle);
        timer = clock_tick.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        long gap = (long)(1e9 / rate) % 1000000000 + 1;
        struct itimerspec every = {{rate < 1 ? (long)(1 / rate) : 0, gap}, {0, 1}};
        if (timer < 0 || timerfd_settime(timer, 0, &every, NULL)) die("timerfd");
        watch(&clock_tick, EPOLL_CTL_ADD, EPOLLIN);
    }
    started = now();
    double until = started + seconds, patience = until + 30;
    for (int i = 0; i < connections; i++) {
        if (rate) idle[idle_count++] = &all[i];
        else begin(&all[i]);
    }
    struct epoll_event events[256];
    while (inflight || (rate && now() < until)) {
        int ready = epoll_wait(poller, events, 256, 1000);
        double at = now();
        if (at > patience) { fprintf(stderr, "%zu requests without an answer\n", inflight); return 1; }
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == &clock_tick) {
                uint64_t ticks;
                if (read(timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN) die("timerfd");
                continue;
            }
            if (events[i].events & EPOLLOUT) push(c);
            if (events[i].events & ~EPOLLOUT)
                if (take(c)) {
                    if (rate) idle[idle_count++] = c;
                    else if (at < until) begin(c);
                }
        }
        if (rate) begin_due(at, until);
    }
    double took = now() - started;
    if (latencies) {
        FILE *file = fopen(latencies, "wb");
        if (!file) die(latencies);
        fwrite(latencies_us, sizeof *latencies_us, answered, file);
        fclose(file);
    }
    qsort(latencies_us, answered, sizeof *latencies_us, by_size);
    fclose(samples);
    printf("{\"answered\": %zu, \"errors\": %zu, \"seconds\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"max_ms\": %.3f}\n", answered, errors, took, percentile(.5), percentile(.99), percentile(1));
    return 0;
}
