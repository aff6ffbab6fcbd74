/* SPDX-License-Identifier: BSD-2-Clause */
/* http_world.h - an HTTP server whose answers are a script in a child, and an owner who takes what is made of them. */
#ifndef TESTS_HTTP_WORLD_H
#define TESTS_HTTP_WORLD_H

#include <event2/event.h>

#include "http/http.h"
#include "http/http_internal.h"

#define SIZE 100000
#define HALF (SIZE / 2)

/* What the server heard, for the test. */
struct heard {
	int count;
	char request[8][1024];
};

struct owner {
	struct http_get *get, *other;
	bool opened, done, cancel_opened, cancel_data, start_other;
	struct http_answer answer;
	char etag[64], modified[64];
	uint32_t status, detail;
	char text[256];
	size_t have;
	char bytes[2 * SIZE];
};

extern struct heard *heard;
extern char body[SIZE + 1]; /* the file's bytes */
extern struct event_base *base;
extern struct http *http;
extern int port; /* the server's */
extern struct owner owner;
extern const struct http_ops owner_ops;

int world_setup(void **state);
int world_teardown(void **state);

/* ---- for scripts, in the child ---- */

/* Answer request n (from 0) on fd. */
typedef void (*script_fn)(int fd, int n);

void script_say(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bytes from..to of the file, which has SIZE. */
void script_send_body(int fd, size_t from, size_t to);

/* ---- for tests ---- */

/* Start a server. */
void world_serve(script_fn script);
/* Run the loop until the owner has its answer. */
void world_run(void);
/* Ask the server that runs, by that name of it, and run; etag NULL: nothing is there yet. */
void world_get_with(const char *host, const char *etag);
/* Start a server, ask it, and run. */
void world_get(script_fn script);

/* It ended with that status and these words among others. */
void world_expect_(uint32_t status, const char *words, int line);
#define world_expect(status, words) world_expect_(status, words, __LINE__)
/* It ended well, with the file's bytes. */
void world_expect_body_(int line);
#define world_expect_body() world_expect_body_(__LINE__)

#endif /* TESTS_HTTP_WORLD_H */
