/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_network.c - the TFTP client, long files, and a network that loses, doubles and reorders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tftp_world.h"

/* ---- long files ------------------------------------------------------------------------------------------------ */

static void lock_step_beyond_the_wrap(struct world *w, unsigned rollover)
{
	const uint64_t blocks = 140000;
	uint16_t wire = 0;

	open_file(w, blocks * 8 - 3, 8, 1);
	for (uint64_t block = 1; block <= blocks; block++) {
		wire = wire == 65535 ? (uint16_t)rollover : (uint16_t)(wire + 1);
		server_sends_as(w, TID, block, wire, 8, block < blocks ? 8 : 5);
		expect_ack(w, wire);
	}
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, blocks * 8 - 3);
}

static void test_rollover_to_0(void **state)
{
	lock_step_beyond_the_wrap(*state, 0);
}

static void test_rollover_to_1(void **state)
{
	lock_step_beyond_the_wrap(*state, 1);
}

/* With windows a 1 after 65535 may only mean that 0 was lost. */
static void test_rollover_with_block_0_lost(void **state)
{
	struct world *w = *state;

	open_file(w, 8 * 70000, 8, 16);
	for (uint64_t block = 1; block <= 65535; block++) {
		server_sends(w, block, 8, 8);
		w->head = w->tail;
	}
	for (uint64_t block = 65537; block <= 65540; block++)
		server_sends(w, block, 8, 8);
	assert_int_equal(w->bytes, 8 * 65535);
	expect_ack(w, 65535);
	server_sends(w, 65536, 8, 8);
	assert_int_equal(w->bytes, 8 * 65540);
}

/* A server and a network in virtual time. */
struct in_flight {
	uint64_t at;
	bool to_client;
	uint16_t wire; /* DATA's or ACK's number */
	uint64_t block;
};

struct sim {
	struct world *w;
	uint64_t rng, size, total; /* total: blocks */
	uint16_t blksize, window;
	unsigned rollover;
	bool rewinds;		  /* a repeated ACK makes it send again; else its own clock does, by utimeout */
	unsigned loss, dup, late; /* per mille */
	struct in_flight net[512];
	unsigned flying;
	uint64_t acked, timeout;
	uint64_t acks, datas;
};

static unsigned draw(struct sim *sim)
{
	sim->rng = sim->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(sim->rng >> 33) % 1000;
}

static void launch(struct sim *sim, bool to_client, uint16_t wire, uint64_t block)
{
	unsigned copies = draw(sim) < sim->loss ? 0 : draw(sim) < sim->dup ? 2 : 1;

	for (; copies; copies--) {
		assert_true(sim->flying < 512);
		sim->net[sim->flying++] = (struct in_flight){
			.at = sim->w->now + 50 + sim->flying + (draw(sim) < sim->late ? draw(sim) * 5 : 0),
			.to_client = to_client,
			.wire = wire,
			.block = block,
		};
	}
}

static uint16_t sim_wire(const struct sim *sim, uint64_t block)
{
	return sim->rollover && block ? (uint16_t)((block - 1) % 65535 + 1) : (uint16_t)block;
}

static void sim_send_window(struct sim *sim)
{
	for (uint64_t block = sim->acked + 1; block <= sim->acked + sim->window && block <= sim->total; block++) {
		launch(sim, true, sim_wire(sim, block), block);
		sim->datas++;
	}
	sim->timeout = sim->w->now + (sim->rewinds ? SECOND : SECOND / 10);
}

static void sim_ack(struct sim *sim, uint16_t wire)
{
	sim->acks++;
	for (uint64_t block = sim->acked + sim->window; block + 1 > sim->acked; block--) {
		if (block > sim->total || sim_wire(sim, block) != wire)
			continue;
		if (block == sim->acked && !sim->rewinds && sim->datas)
			return;
		sim->acked = block;
		sim_send_window(sim);
		return;
	}
}

static void sim_arrive(struct sim *sim, struct in_flight p)
{
	uint64_t left = sim->size - (p.block - 1) * sim->blksize;

	if (!p.to_client)
		sim_ack(sim, p.wire);
	else
		server_sends_as(sim->w, TID, p.block, p.wire, sim->blksize,
				left < sim->blksize ? (size_t)left : sim->blksize);
}

/* The next thing that happens. */
static void sim_step(struct sim *sim)
{
	struct world *w = sim->w;
	uint64_t at = w->c.deadline < sim->timeout ? w->c.deadline : sim->timeout;
	unsigned first = sim->flying;

	for (unsigned i = 0; i < sim->flying; i++)
		if (sim->net[i].at <= at) {
			at = sim->net[i].at;
			first = i;
		}
	w->now = at > w->now ? at : w->now;
	if (first < sim->flying) {
		struct in_flight p = sim->net[first];

		sim->net[first] = sim->net[--sim->flying];
		sim_arrive(sim, p);
	} else if (w->c.deadline <= at) {
		tftp_client_timeout(&w->c, w->now);
	} else {
		sim_send_window(sim);
	}
	for (; unseen(w); w->head++) {
		const struct sent *s = &w->sent[w->head % SENT_MAX];

		if (s->buf[1] == TFTP_OP_ACK)
			launch(sim, false, (uint16_t)(s->buf[2] << 8 | s->buf[3]), 0);
	}
}

static void simulate(struct world *w, struct sim sim)
{
	uint64_t begin = w->now;

	w->opened = w->done = 0;
	w->bytes = 0;
	sim.w = w;
	sim.total = sim.size / sim.blksize + 1;
	sim.timeout = UINT64_MAX;
	start(w, sim.blksize, sim.window);
	w->head = w->tail;
	server_grants(w,
		      TFTP_O_TSIZE | TFTP_O_BLKSIZE | (sim.window > 1 ? TFTP_O_WINDOWSIZE : 0) |
			      (sim.rewinds ? 0 : TFTP_O_UTIMEOUT),
		      sim.size, sim.blksize, sim.window);
	while (!w->done && w->now < begin + 10000 * SECOND)
		sim_step(&sim);
	if (w->status || w->bytes != sim.size)
		print_error("seed %llx window %u rollover %u loss %u: %s\n", (unsigned long long)sim.rng, sim.window,
			    sim.rollover, sim.loss, w->text);
	expect_end(w, PVBOOT_S_OK, "");
	assert_int_equal(w->bytes, sim.size);
	assert_int_equal(w->rebinds, 0);
	/* Neither side may multiply the other's traffic. */
	if (!sim.loss && !sim.late)
		assert_true(sim.datas <= sim.total);
	assert_true(sim.datas <= sim.total * 2 + 100);
	tftp_client_end(&w->c);
}

static void test_network_doubles_everything(void **state)
{
	for (uint16_t window = 1; window <= 16; window *= 4)
		simulate(*state,
			 (struct sim){.rng = window, .size = 100000, .blksize = 512, .window = window, .dup = 1000});
}

static void test_network_loses_doubles_and_reorders(void **state)
{
	for (unsigned seed = 1; seed <= 60; seed++)
		simulate(*state, (struct sim){.rng = seed,
					      .size = 200000 + seed % 3,
					      .blksize = 512,
					      .window = (uint16_t)(seed % 4 == 0 ? 1 : seed % 33 + 1),
					      .rewinds = seed % 2,
					      .loss = 50,
					      .dup = 50,
					      .late = 50});
}

static void test_network_harms_the_rollover(void **state)
{
	for (unsigned seed = 1; seed <= 12; seed++)
		simulate(*state, (struct sim){.rng = seed * 77,
					      .size = 8 * 66000 + seed,
					      .blksize = 8,
					      .window = (uint16_t)(seed % 3 == 0 ? 1 : 16),
					      .rollover = seed % 2,
					      .rewinds = true,
					      .loss = seed > 8 ? 50 : 5,
					      .dup = 20,
					      .late = 20});
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rollover_to_0),
		TEST(test_rollover_to_1),
		TEST(test_rollover_with_block_0_lost),
		TEST(test_network_doubles_everything),
		TEST(test_network_loses_doubles_and_reorders),
		TEST(test_network_harms_the_rollover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
