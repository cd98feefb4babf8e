#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "observer.h"

int observer_filter_compile(const char *text, struct bpf_insn **program, size_t *size, char why[256])
{
	struct bpf_program compiled;
	pcap_t *pcap;
	int rc = -1;

	*program = NULL;
	*size = 0;
	if (text[0] == '\0') return 0;
	pcap = pcap_open_dead(DLT_EN10MB, UINT16_MAX);
	if (pcap == NULL || pcap_compile(pcap, &compiled, text, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		snprintf(why, 256, "the filter: %s", pcap != NULL ? pcap_geterr(pcap) : "no memory");
		if (pcap != NULL) pcap_close(pcap);
		return -1;
	}
	*size = compiled.bf_len * sizeof(struct bpf_insn);
	*program = malloc(*size);
	if (*program != NULL) {
		memcpy(*program, compiled.bf_insns, *size);
		rc = 0;
	} else {
		snprintf(why, 256, "no memory for the filter");
	}
	pcap_freecode(&compiled);
	pcap_close(pcap);
	return rc;
}

bool observer_filter_passes(const struct bpf_insn *program, const struct rte_mbuf *m)
{
	return bpf_filter(program, rte_pktmbuf_mtod(m, const u_char *), m->pkt_len, m->data_len) != 0;
}
