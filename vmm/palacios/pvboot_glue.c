/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_glue.c - the half of the Palacios plugin that knows the device and the link, and no Palacios.
 *
 * Locking.  One spinlock per device serialises every call on device and link.  Vcpu threads take it for a register
 * access, the writer of the stream (hostd's thread, inside its write()) for at most SLICE bytes of frames at a time.
 * The bytes of a file are copied to guest memory without it: the result is pinned, the lock dropped, the bytes copied
 * once, from the writer's buffer to where the guest wants them.  A reset or CANCEL meanwhile takes effect at once and
 * is seen by the guest when the copy has ended (docs/spec.md, DEV-35); nobody spins for it.  Only one input is under
 * way at a time.
 *
 * The stream tells of no end.  Output is queued here in whole frames: one that was begun is ended before anything else,
 * so that the connection can be given up by a BYE, which a hostd that is there finds, and a new one skips.
 */
#include "link.h"
#include "pvboot_glue.h"

#define SLICE 4096u		/* bytes of frames looked at in one go under the lock */
#define OUT 8192u		/* bytes queued for the stream */
#define SILENCE_MS 5000u	/* [LNK-18] */
#define LET_GO_MS 1000u		/* between hostd's BYE and its close() lie milliseconds, on a busy host some more */
#define DEVICE_STATUS 20u	/* of the common configuration, virtio 1.2 4.1.4.3 */
#define TICK_MS 10u		/* how often a deadline is looked at */
#define STATE_MAGIC 0x47425650u /* "PVBG" */

struct glue {
	void *v3;
	struct pvboot_dev *dev; /* behind this structure */
	unsigned int log_level;
	bool input;   /* somebody is in pvboot_glue_input(), perhaps without the lock */
	bool dropped; /* the link gave the connection up */
	bool starved; /* the link has more than there was room for in out */
	uint64_t heard_ms, ticked_ms;
	size_t base, from, to; /* out[from .. to) is to be sent; a frame begins at base <= from */
	uint8_t out[OUT];
	struct link link;
};

static struct pvboot_dev *dev_of(struct glue *g)
{
	const size_t size = (sizeof(*g) + 63) & ~(size_t)63;

	return (struct pvboot_dev *)(void *)((uint8_t *)g + size);
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

void pvboot_glue_conf_init(struct pvboot_glue_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->log_level = PVBOOT_LOG_NOTICE;
}

static bool is(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *set_mac(struct pvboot_glue_conf *conf, const char *text)
{
	static const char words[] = "a MAC address is of the form 52:54:00:12:34:57";
	uint8_t mac[6], any = 0;

	for (unsigned int i = 0; i < 6; i++) {
		if ((i && *text++ != ':') || hex(text[0]) < 0 || hex(text[1]) < 0)
			return words;
		mac[i] = (uint8_t)(hex(text[0]) << 4 | hex(text[1]));
		any |= mac[i];
		text += 2;
	}
	if (*text)
		return words;
	if (mac[0] & 1 || !any)
		return "a multicast address or all zeros is no station's: take one that begins with 52:54:00";
	memcpy(conf->mac, mac, sizeof(mac));
	conf->has_mac = 1;
	return NULL;
}

static const char *set_name(struct pvboot_glue_conf *conf, const char *text)
{
	size_t len = 0;

	while (text[len]) {
		if (text[len] < 0x20 || text[len] > 0x7e)
			return "a name is of printable ASCII characters";
		if (++len == sizeof(conf->name))
			return "a name has at most 63 characters";
	}
	memcpy(conf->name, text, len + 1);
	return NULL;
}

static const char *set_boot(struct pvboot_glue_conf *conf, const char *text)
{
	if (!is(text, "first") && !is(text, "bios"))
		return "\"first\" (the network before the BIOS's own devices) or \"bios\" (as the BIOS orders them)";
	conf->boot_first = is(text, "first");
	return NULL;
}

static const char *set_log(struct pvboot_glue_conf *conf, const char *text)
{
	static const char *const names[] = {
		[PVBOOT_LOG_ERROR] = "error",
		[PVBOOT_LOG_WARNING] = "warning",
		[PVBOOT_LOG_NOTICE] = "notice",
		[PVBOOT_LOG_DEBUG] = "debug",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!is(text, names[i]))
			continue;
		conf->log_level = i;
		return NULL;
	}
	return "\"error\", \"warning\", \"notice\" or \"debug\"";
}

const char *pvboot_glue_conf_set(struct pvboot_glue_conf *conf, const char *key, const char *value)
{
	static const struct {
		const char *key;
		const char *(*set)(struct pvboot_glue_conf *conf, const char *text);
	} settings[] = {{"mac", set_mac}, {"name", set_name}, {"boot", set_boot}, {"log", set_log}};

	for (unsigned int i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (is(key, settings[i].key))
			return settings[i].set(conf, value);
	return "there is no such setting";
}

/* ---- output ---------------------------------------------------------------------------------------------------- */

static size_t frame_size(const uint8_t *p)
{
	struct pvboot_link_hdr hdr;

	memcpy(&hdr, p, sizeof(hdr));
	return sizeof(hdr) + hdr.length;
}

/* Forget what is queued, but for the rest of a frame that was begun. */
static void trim(struct glue *g)
{
	g->to = g->from == g->base ? g->base : g->base + frame_size(g->out + g->base);
}

static void compact(struct glue *g)
{
	memmove(g->out, g->out + g->base, g->to - g->base);
	g->from -= g->base;
	g->to -= g->base;
	g->base = 0;
}

/* struct link_ops: take whole frames, as many as there is room for. */
static size_t send_frames(void *owner, const void *buf, size_t len)
{
	struct glue *g = owner;
	const uint8_t *p = buf;
	struct pvboot_link_hdr hdr;
	size_t taken = 0;

	memcpy(&hdr, p, sizeof(hdr));
	if (hdr.type == PVBOOT_LINK_IDENTITY)
		trim(g); /* whoever reads skips what is before */
	compact(g);
	while (taken < len) {
		size_t n = frame_size(p + taken);

		if (n > sizeof(g->out) - g->to)
			break;
		memcpy(g->out + g->to, p + taken, n);
		g->to += n;
		taken += n;
	}
	g->starved = taken < len;
	return taken;
}

/* Give the stream what it takes. */
static void drain(struct glue *g)
{
	bool again = true;

	while (again && g->from < g->to) {
		g->from += (size_t)pvboot_v3_send(g->v3, g->out + g->from, g->to - g->from);
		while (g->base < g->from && frame_size(g->out + g->base) <= g->from - g->base)
			g->base += frame_size(g->out + g->base);
		again = g->starved && g->from == g->to;
		if (g->starved && g->base)
			link_pump(&g->link);
	}
}

static void drop(void *owner, uint32_t retry_ms)
{
	struct glue *g = owner;

	g->dropped = true; /* when to try again is hostd's business here */
}

static const struct link_ops link_ops = {.send = send_frames, .drop = drop};

/* [LNK-17] The connection was given up: say so, and wait for a HELLO. */
static void say_bye(struct glue *g)
{
	const struct pvboot_link_hdr bye = {.magic = PVBOOT_LINK_MAGIC, .type = PVBOOT_LINK_BYE};

	g->dropped = false;
	trim(g);
	compact(g);
	memcpy(g->out + g->to, &bye, sizeof(bye)); /* the longest frame and this one fit */
	g->to += sizeof(bye);
	g->starved = false;
	link_up(&g->link);
}
_Static_assert(sizeof(struct pvboot_link_hdr) * 3 + sizeof(struct pvboot_link_request) + PVBOOT_ARGS_MAX <= OUT,
	       "fits");

/* Every way into device and link begins and ends with these. */
static unsigned long long enter(struct glue *g)
{
	return pvboot_v3_lock(g->v3);
}

static void leave(struct glue *g, unsigned long long saved)
{
	if (g->dropped)
		say_bye(g);
	drain(g);
	pvboot_v3_unlock(g->v3, saved);
}

/* ---- what the device asks of its VMM --------------------------------------------------------------------------- */

static void *map(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct glue *g = vmm;
	unsigned long long n = *len;
	void *p = pvboot_v3_map(g->v3, gpa, &n);

	*len = n;
	return p;
}

static void set_irq(void *vmm, int level)
{
	struct glue *g = vmm;

	pvboot_v3_irq(g->v3, level != 0);
}

static uint64_t now_ms(void *vmm)
{
	struct glue *g = vmm;

	return pvboot_v3_ms(g->v3);
}

static void log_line(void *vmm, enum pvboot_log_level level, const char *text)
{
	struct glue *g = vmm;

	if (level <= g->log_level)
		pvboot_v3_log(g->v3, level, text);
}

static const struct pvboot_vmm_ops vmm_ops = {.map = map, .set_irq = set_irq, .now_ms = now_ms, .log = log_line};

/* ---- life ------------------------------------------------------------------------------------------------------ */

unsigned long long pvboot_glue_size(void)
{
	return sizeof(struct glue) + 64 + pvboot_dev_size();
}

void pvboot_glue_init(void *glue, void *v3, const struct pvboot_glue_conf *conf)
{
	struct glue *g = glue;
	struct pvboot_dev_conf dev_conf = {.boot_first = conf->boot_first};
	struct link_conf link_conf = {.flags = conf->has_mac ? PVBOOT_LINK_ID_MAC : 0};

	memset(g, 0, sizeof(*g));
	g->v3 = v3;
	g->dev = dev_of(g);
	g->log_level = conf->log_level;
	memcpy(dev_conf.mac, conf->mac, sizeof(dev_conf.mac));
	memcpy(link_conf.mac, conf->mac, sizeof(link_conf.mac));
	memcpy(link_conf.name, conf->name, sizeof(link_conf.name));
	link_init(&g->link, &link_ops, g, &link_conf);
	pvboot_dev_init(g->dev, &vmm_ops, g, &link_backend, &g->link, &dev_conf);
	link_up(&g->link);
}

/* Take the lock when no input is under way. */
static unsigned long long enter_alone(struct glue *g)
{
	unsigned long long saved = enter(g);

	while (g->input) {
		leave(g, saved);
		pvboot_v3_yield(g->v3);
		saved = enter(g);
	}
	return saved;
}

unsigned int pvboot_glue_let_go(void *glue)
{
	struct glue *g = glue;

	if (g->link.bye && pvboot_v3_ms(g->v3) - g->heard_ms >= LET_GO_MS)
		return 1;
	log_line(g, PVBOOT_LOG_NOTICE,
		 "the VM is freed, and a process may have the stream open: 4.4 KB stay allocated (pvboot detach, a "
		 "second before, "
		 "frees them)");
	return 0;
}

/* ---- registers ------------------------------------------------------------------------------------------------- */

unsigned int pvboot_glue_cfg_read(void *glue, unsigned int offset, unsigned int length)
{
	struct glue *g = glue;
	unsigned long long saved = enter(g);
	uint32_t value = pvboot_dev_cfg_read(g->dev, offset, length);

	leave(g, saved);
	return value;
}

void pvboot_glue_cfg_write(void *glue, unsigned int offset, unsigned int length, unsigned int value)
{
	struct glue *g = glue;
	unsigned long long saved = enter(g);

	pvboot_dev_cfg_write(g->dev, offset, length, value);
	leave(g, saved);
}

/* [DEV-2] */
static bool decodes(struct glue *g)
{
	return pvboot_dev_cfg_read(g->dev, 4, 2) & 1; /* PCI 3.0 6.2.2: command register, I/O space */
}

unsigned int pvboot_glue_bar_read(void *glue, unsigned int offset, unsigned int length)
{
	struct glue *g = glue;
	unsigned long long saved = enter(g);
	uint32_t value = decodes(g) ? pvboot_dev_bar_read(g->dev, offset, length) : UINT32_MAX;

	leave(g, saved);
	return value;
}

void pvboot_glue_bar_write(void *glue, unsigned int offset, unsigned int length, unsigned int value)
{
	struct glue *g = glue;
	unsigned long long saved = enter(g);

	if (decodes(g))
		pvboot_dev_bar_write(g->dev, offset, length, value);
	leave(g, saved);
}

/* ---- input ----------------------------------------------------------------------------------------------------- */

/* [DEV-38] Palacios resets a machine without telling its devices. */
static void notice_reset(struct glue *g)
{
	if (!pvboot_dev_lost_memory(g->dev))
		return;
	pvboot_dev_log(g->dev, PVBOOT_LOG_NOTICE, "guest memory was emptied: the VM was reset");
	pvboot_dev_bar_write(g->dev, PVBOOT_REG_COMMON + DEVICE_STATUS, 1, 0);
}

/* How many of len bytes to look at in one go: of frames a slice, of a file all. */
static size_t slice(const struct glue *g, size_t len)
{
	size_t most = g->link.data_left ? g->link.data_left : SLICE;

	return len < most ? len : most;
}

unsigned long long pvboot_glue_input(void *glue, const void *bytes, unsigned long long length)
{
	struct glue *g = glue;
	const uint8_t *p = bytes;
	unsigned long long saved = enter(g);
	size_t left = length;

	if (g->input) {
		leave(g, saved);
		return 0;
	}
	g->input = true;
	g->heard_ms = pvboot_v3_ms(g->v3);
	while (left) {
		struct link_copy copy;
		size_t n;

		notice_reset(g);
		n = link_input_some(&g->link, p, slice(g, left), &copy);

		if (g->link.state == LINK_DOWN && !n)
			n = left; /* bytes for no connection; cannot happen, but must not loop for ever */
		p += n;
		left -= n;
		leave(g, saved); /* vcpus have their turn */
		if (copy.to)
			memcpy(copy.to, p, copy.len);
		saved = enter(g);
		if (copy.to) {
			link_copied(&g->link, copy.len);
			p += copy.len;
			left -= copy.len;
		}
	}
	g->input = false;
	leave(g, saved);
	return length;
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

void pvboot_glue_tick(void *glue)
{
	struct glue *g = glue;
	uint64_t now = pvboot_v3_ms(g->v3);
	unsigned long long saved;

	/* without the lock: a tick too many or too late does no harm */
	if (now - __atomic_load_n(&g->ticked_ms, __ATOMIC_RELAXED) < TICK_MS)
		return;
	saved = enter(g);
	__atomic_store_n(&g->ticked_ms, now, __ATOMIC_RELAXED);
	if (!g->input) {
		notice_reset(g);
		if (g->link.state >= LINK_IDENTIFIED && now > g->heard_ms && now - g->heard_ms > SILENCE_MS) {
			link_down(&g->link);
			g->dropped = true;
		}
		if (now >= link_deadline(&g->link))
			link_turn(&g->link);
	}
	leave(g, saved);
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

struct state_head {
	uint32_t magic, dev_len, link_len, reserved;
};

unsigned long long pvboot_glue_state_max(void)
{
	return sizeof(struct state_head) + pvboot_dev_state_max() + LINK_STATE_MAX;
}

unsigned long long pvboot_glue_save(void *glue, void *state, unsigned long long room)
{
	struct glue *g = glue;
	struct state_head head = {.magic = STATE_MAGIC};
	uint8_t *at = (uint8_t *)state + sizeof(head);
	unsigned long long saved;

	if (room < pvboot_glue_state_max())
		return 0;
	saved = enter_alone(g);
	head.dev_len = (uint32_t)pvboot_dev_save(g->dev, at, pvboot_dev_state_max());
	at += head.dev_len;
	head.link_len = (uint32_t)link_save(&g->link, at, LINK_STATE_MAX);
	leave(g, saved);
	memcpy(state, &head, sizeof(head));
	return sizeof(head) + head.dev_len + head.link_len;
}

unsigned int pvboot_glue_load(void *glue, const void *state, unsigned long long length)
{
	struct glue *g = glue;
	const uint8_t *at = state;
	struct state_head head;
	unsigned long long saved;
	bool good;

	if (length < sizeof(head))
		return 0;
	memcpy(&head, at, sizeof(head));
	at += sizeof(head);
	length -= sizeof(head);
	if (head.magic != STATE_MAGIC || head.reserved || head.dev_len > length ||
	    head.link_len != length - head.dev_len)
		return 0;
	saved = enter_alone(g);
	/* hostd is to learn what is kept now, and of nothing from before */
	link_down(&g->link);
	g->dropped = true;
	good = pvboot_dev_load(g->dev, at, head.dev_len);
	if (good && !link_load(&g->link, at + head.dev_len, head.link_len)) {
		pvboot_dev_reset(g->dev);
		good = false;
	}
	pvboot_dev_set_status(g->dev, 0); /* the guest saw another host */
	if (good)
		pvboot_dev_resume(g->dev);
	leave(g, saved);
	return good;
}
