/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * middlebox - a cable between two interfaces that loses, doubles and reorders.
 *
 *   middlebox [--loss P] [--dup P] [--reorder P] [--fragments P] [--seed N] [--ports N,N...] LEFT RIGHT
 *
 * Frames pass both ways.  With probability P (0..1, each 0 by default) an IPv4 UDP frame is lost, sent twice, or
 * overtaken by up to three later ones.  --fragments: fragments of IPv4 packets are lost with this probability, as by a
 * firewall that lets none through.  --ports: only UDP frames with one of these source or destination ports suffer
 * (TFTP's DATA has other ports than 69).  Everything else, ARP and TCP included, passes unharmed.
 *
 * Prints "middlebox: seed N" once it forwards, and what it did to each direction at SIGTERM or SIGINT.  The same seed
 * and the same frames give the same losses.  Frames are passed with their offload state (PACKET_VNET_HDR), so an
 * unfinished checksum or a large TCP segment stays what it was, as on the veth it replaces.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define UDP_FRAME_MAX (66 * 1024)
#define HELD_MAX 16 /* frames waiting to be overtaken, each direction */
#define HOLD_MS 10  /* and no longer than that */
#define OVERTAKE_MAX 3
#define PORTS_MAX 16

struct held {
	uint8_t *frame;
	size_t len;
	uint64_t until_ms;
	int overtakers; /* goes once that many others went */
};

struct side {
	const char *name;
	int fd;
	struct held held[HELD_MAX]; /* frames that came from here */
	uint64_t frames, eligible, lost, doubled, reordered, failed;
};

static struct side sides[2];
static double loss, doubling, reorder, fragment_loss;
static uint64_t seed;
static uint16_t ports[PORTS_MAX];
static int port_count;
static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	stopping = number;
}

/* splitmix64: small, and the same everywhere. */
static bool chance(double p)
{
	static uint64_t state;
	static bool seeded;
	uint64_t z;

	if (!seeded)
		state = seed;
	seeded = true;
	z = (state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (double)(z >> 11) * 0x1.0p-53 < p;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool port_listed(uint16_t port)
{
	for (int i = 0; i < port_count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

/* Is it one of the frames to be tampered with?  A fragment without ports is, unless ports are listed. */
static bool eligible(const uint8_t *frame, size_t len)
{
	const uint8_t *eth = frame + sizeof(struct virtio_net_hdr);
	size_t left = len - sizeof(struct virtio_net_hdr), ihl;
	struct udphdr udp;
	struct iphdr ip;

	if (left < ETH_HLEN + sizeof(ip) || (eth[12] << 8 | eth[13]) != ETHERTYPE_IP)
		return false;
	memcpy(&ip, eth + ETH_HLEN, sizeof(ip));
	if (ip.protocol != IPPROTO_UDP)
		return false;
	if (!port_count)
		return true;
	ihl = ip.ihl * 4u;
	if (ihl < sizeof(ip) || left - ETH_HLEN < ihl + sizeof(udp) || ntohs(ip.frag_off) & IP_OFFMASK)
		return false;
	memcpy(&udp, eth + ETH_HLEN + ihl, sizeof(udp));
	return port_listed(ntohs(udp.source)) || port_listed(ntohs(udp.dest));
}

static bool is_fragment(const uint8_t *frame, size_t len)
{
	const uint8_t *eth = frame + sizeof(struct virtio_net_hdr);
	struct iphdr ip;

	if (len < sizeof(struct virtio_net_hdr) + ETH_HLEN + sizeof(ip) || (eth[12] << 8 | eth[13]) != ETHERTYPE_IP)
		return false;
	memcpy(&ip, eth + ETH_HLEN, sizeof(ip));
	return ntohs(ip.frag_off) & (IP_MF | IP_OFFMASK);
}

static void emit(struct side *from, const uint8_t *frame, size_t len)
{
	struct side *to = from == &sides[0] ? &sides[1] : &sides[0];

	if (write(to->fd, frame, len) < 0)
		from->failed++;
}

static void hold(struct side *from, const uint8_t *frame, size_t len, int overtakers)
{
	for (int i = 0; i < HELD_MAX; i++) {
		struct held *h = &from->held[i];

		if (h->frame)
			continue;
		h->frame = malloc(len);
		if (!h->frame)
			break;
		memcpy(h->frame, frame, len);
		h->len = len;
		h->overtakers = overtakers;
		h->until_ms = now_ms() + HOLD_MS;
		return;
	}
	emit(from, frame, len);
}

/* Let go what was overtaken (went more frames), or waited long enough. */
static void release(struct side *from, int went)
{
	uint64_t now = now_ms();

	for (int i = 0; i < HELD_MAX; i++) {
		struct held *h = &from->held[i];

		if (!h->frame)
			continue;
		h->overtakers -= went;
		if (h->overtakers > 0 && now < h->until_ms)
			continue;
		emit(from, h->frame, h->len);
		free(h->frame);
		h->frame = NULL;
	}
}

/* Time until a held frame is due, -1 for none. */
static int wait_ms(void)
{
	uint64_t now = now_ms();
	int least = -1;

	for (int s = 0; s < 2; s++)
		for (int i = 0; i < HELD_MAX; i++) {
			const struct held *h = &sides[s].held[i];
			int left = h->frame && h->until_ms > now ? (int)(h->until_ms - now) : 0;

			if (h->frame && (least < 0 || left < least))
				least = left;
		}
	return least;
}

static int overtakers(void)
{
	int n = 1;

	while (n < OVERTAKE_MAX && chance(0.5))
		n++;
	return n;
}

static void carry(struct side *from, const uint8_t *frame, size_t len)
{
	from->frames++;
	if (!eligible(frame, len)) {
		emit(from, frame, len);
		return;
	}
	from->eligible++;
	if (chance(loss) || (fragment_loss > 0 && is_fragment(frame, len) && chance(fragment_loss))) {
		from->lost++;
		return;
	}
	if (chance(doubling)) {
		/* The second may come at once or after others. */
		from->doubled++;
		if (chance(0.5))
			emit(from, frame, len);
		else
			hold(from, frame, len, overtakers());
	}
	if (chance(reorder)) {
		from->reordered++;
		hold(from, frame, len, overtakers());
		return;
	}
	emit(from, frame, len);
	release(from, 1);
}

static void receive(struct side *from)
{
	static uint8_t frame[UDP_FRAME_MAX];

	for (int i = 0; i < 64; i++) {
		struct sockaddr_ll sll;
		socklen_t sll_len = sizeof(sll);
		ssize_t len = recvfrom(from->fd, frame, sizeof(frame), MSG_DONTWAIT, (struct sockaddr *)&sll, &sll_len);

		if (len < 0 && (errno == EAGAIN || errno == EINTR || errno == ENETDOWN))
			return;
		if (len < 0) {
			perror(from->name);
			exit(1);
		}
		/* What we or this namespace's kernel sent out there is not for us. */
		if (sll.sll_pkttype == PACKET_OUTGOING || (size_t)len < sizeof(struct virtio_net_hdr) + ETH_HLEN)
			continue;
		carry(from, frame, (size_t)len);
	}
}

static void set_option(int fd, int option, const void *value, socklen_t len, const char *what)
{
	if (setsockopt(fd, SOL_PACKET, option, value, len) < 0) {
		perror(what);
		exit(1);
	}
}

static void attach(struct side *side)
{
	const int on = 1, room = 16 << 20;
	struct packet_mreq promiscuous = {.mr_type = PACKET_MR_PROMISC};
	struct sockaddr_ll addr = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

	addr.sll_ifindex = promiscuous.mr_ifindex = (int)if_nametoindex(side->name);
	side->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (!addr.sll_ifindex || side->fd < 0) {
		perror(side->name);
		exit(1);
	}
	set_option(side->fd, PACKET_VNET_HDR, &on, sizeof(on), "PACKET_VNET_HDR");
	set_option(side->fd, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous), "PACKET_MR_PROMISC");
	(void)setsockopt(side->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (bind(side->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		perror(side->name);
		exit(1);
	}
}

static double probability(const char *text)
{
	char *rest;
	double p = strtod(text, &rest);

	if (*rest || rest == text || !(p >= 0 && p <= 1)) {
		fprintf(stderr, "middlebox: not a probability from 0 to 1: %s\n", text);
		exit(2);
	}
	return p;
}

static void parse_ports(char *list)
{
	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		if (port_count == PORTS_MAX) {
			fprintf(stderr, "middlebox: more than %d ports\n", PORTS_MAX);
			exit(2);
		}
		ports[port_count++] = (uint16_t)strtoul(word, NULL, 10);
	}
}

static void parse_arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{"loss", required_argument, NULL, 'l'},
		{"dup", required_argument, NULL, 'd'},
		{"reorder", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 's'},
		{"ports", required_argument, NULL, 'p'},
		{"fragments", required_argument, NULL, 'f'},
		{0},
	};
	bool seeded = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'l')
			loss = probability(optarg);
		else if (opt == 'd')
			doubling = probability(optarg);
		else if (opt == 'r')
			reorder = probability(optarg);
		else if (opt == 'f')
			fragment_loss = probability(optarg);
		else if (opt == 's')
			seed = strtoull(optarg, NULL, 0), seeded = true;
		else if (opt == 'p')
			parse_ports(optarg);
		else
			exit(2);
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: middlebox [--loss P] [--dup P] [--reorder P] [--fragments P] [--seed N] "
				"[--ports N,N...] LEFT RIGHT\n");
		exit(2);
	}
	if (!seeded && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		exit(1);
	sides[0].name = argv[optind];
	sides[1].name = argv[optind + 1];
}

static void report(const struct side *from, const struct side *to)
{
	printf("middlebox: %s>%s frames=%" PRIu64 " udp=%" PRIu64 " lost=%" PRIu64 " doubled=%" PRIu64
	       " reordered=%" PRIu64 " failed=%" PRIu64 "\n",
	       from->name, to->name, from->frames, from->eligible, from->lost, from->doubled, from->reordered,
	       from->failed);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct pollfd fds[2];

	parse_arguments(argc, argv);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	for (int i = 0; i < 2; i++) {
		attach(&sides[i]);
		fds[i] = (struct pollfd){.fd = sides[i].fd, .events = POLLIN};
	}
	printf("middlebox: seed %" PRIu64 "\n", seed);
	fflush(stdout);
	while (!stopping) {
		if (poll(fds, 2, wait_ms()) < 0 && errno != EINTR) {
			perror("poll");
			return 1;
		}
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents)
				receive(&sides[i]);
			release(&sides[i], 0);
		}
	}
	report(&sides[0], &sides[1]);
	report(&sides[1], &sides[0]);
	return 0;
}
