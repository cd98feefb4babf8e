/*
 * A module for Debian's snmpd (snmpd.conf(5), dlmod): a station's GetBulk reaches the subagent as AgentX GetBulk (RFC
 * 2741 section 7.2.1.3). By itself net-snmp's master asks for one object at a time, and waits for each.
 *
 * It stands in front of the master's own handler, which still does all else: what is not GetBulk, a subagent that is
 * away or late, errors. It allocates nothing of its own; how much is asked for at once snmpd bounds (100 objects).
 */
#include <stdbool.h>
#include <stdint.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/agent/bulk_to_next.h>

// Of agentx/protocol.h and agentx/master.h, which libsnmp-dev leaves out; libnetsnmpagent exports both functions.
#define AGENTX_MSG_GETBULK                 7
#define AGENTX_MSG_FLAG_NETWORK_BYTE_ORDER 0x10

Netsnmp_Node_Handler agentx_master_handler;
int agentx_got_response(int operation, netsnmp_session *session, int reqid, netsnmp_pdu *pdu, void *magic);

void init_agentx_bulk(void);

/*
 * One object of the answer. snmpd itself checks only the first of several against the view, so each is checked here;
 * one outside of it leaves no more than where the search goes on.
 */
static void take(netsnmp_request_info *request, netsnmp_variable_list *found, netsnmp_pdu *asked)
{
	netsnmp_variable_list *into = request->requestvb;

	if (found->type == SNMP_ENDOFMIBVIEW ||
	    snmp_oid_compare(found->name, found->name_length, request->range_end, request->range_end_len) >= 0) {
		into->type = ASN_NULL; // nothing more in this subtree
		return;
	}
	snmp_set_var_objid(into, found->name, found->name_length);
	if (in_a_view(found->name, &found->name_length, asked, found->type) == VACM_SUCCESS)
		snmp_set_var_typed_value(into, found->type, found->val.string, found->val_len);
	else
		into->type = ASN_PRIV_RETRY;
}

// The objects come repetition by repetition, one for each request. What is missing snmpd asks for again.
static int got_bulk(int operation, netsnmp_session *session, int reqid, netsnmp_pdu *pdu, void *magic)
{
	netsnmp_delegated_cache *cache = netsnmp_handler_check_cache(magic);
	netsnmp_request_info *request;
	netsnmp_variable_list *found;

	if (cache == NULL) return 1; // the station's request is gone
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->errstat != SNMP_ERR_NOERROR)
		return agentx_got_response(operation, session, reqid, pdu, cache);
	netsnmp_handler_mark_requests_as_delegated(cache->requests, REQUEST_IS_NOT_DELEGATED);
	for (found = pdu->variables; found != NULL;) {
		for (request = cache->requests; request != NULL && found != NULL; request = request->next) {
			take(request, found, cache->reqinfo->asp->pdu);
			found = found->next_variable;
		}
		netsnmp_bulk_to_next_fix_requests(cache->requests);
	}
	netsnmp_free_delegated_cache(cache);
	return 1;
}

// From where the request stands to the end of what the subagent has registered.
static void add_range(netsnmp_pdu *pdu, netsnmp_request_info *request)
{
	const netsnmp_variable_list *from = request->requestvb;
	const netsnmp_subtree *subtree = request->subtree;
	bool before = snmp_oid_compare(from->name, from->name_length, subtree->start_a, subtree->start_len) < 0;
	bool included = before || request->inclusive;

	snmp_pdu_add_variable(pdu, before ? subtree->start_a : from->name,
			      before ? subtree->start_len : from->name_length,
			      included ? ASN_PRIV_INCL_RANGE : ASN_PRIV_EXCL_RANGE, request->range_end,
			      request->range_end_len * sizeof(oid));
	request->inclusive = 0;
}

static int ask_bulk(netsnmp_mib_handler *handler, netsnmp_handler_registration *reginfo,
		    netsnmp_agent_request_info *reqinfo, netsnmp_request_info *requests)
{
	netsnmp_session *agentx = handler->next->myvoid;
	netsnmp_request_info *request;
	netsnmp_pdu *pdu;
	int further = INT16_MAX;

	if (reqinfo->mode != MODE_GETBULK || agentx == NULL || agentx->subsession == NULL ||
	    reginfo->contextName != NULL)
		return netsnmp_call_next_handler(handler, reginfo, reqinfo, requests);
	pdu = snmp_pdu_create(AGENTX_MSG_GETBULK);
	if (pdu == NULL) return SNMP_ERR_GENERR;
	for (request = requests; request != NULL; request = request->next) {
		add_range(pdu, request);
		further = SNMP_MIN(further, request->repeat);
	}
	pdu->version = agentx->version;
	pdu->reqid = snmp_get_next_transid();
	pdu->transid = reqinfo->asp->pdu->transid;
	pdu->sessid = agentx->subsession->sessid;
	pdu->flags |= agentx->subsession->flags & AGENTX_MSG_FLAG_NETWORK_BYTE_ORDER;
	pdu->non_repeaters = 0;
	pdu->max_repetitions = 1 + further;
	netsnmp_handler_mark_requests_as_delegated(requests, REQUEST_IS_DELEGATED);
	if (snmp_async_send(agentx, pdu, got_bulk,
			    netsnmp_create_delegated_cache(handler, reginfo, reqinfo, requests, agentx)) == 0) {
		snmp_free_pdu(pdu);
		netsnmp_handler_mark_requests_as_delegated(requests, REQUEST_IS_NOT_DELEGATED);
		return SNMP_ERR_GENERR;
	}
	return SNMP_ERR_NOERROR;
}

// A subagent has registered a subtree.
static int registered(int major, int minor, void *what, void *magic)
{
	const struct register_parameters *parameters = what;
	netsnmp_handler_registration *reginfo = parameters->reginfo;

	(void)major, (void)minor, (void)magic;
	if (reginfo == NULL || reginfo->handler == NULL || reginfo->handler->access_method != agentx_master_handler)
		return 0;
	netsnmp_inject_handler(reginfo, netsnmp_create_handler("agentx_bulk", ask_bulk));
	return 0;
}

// Called by snmpd as soon as it has loaded the module named agentx_bulk.
void init_agentx_bulk(void)
{
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_OID, registered, NULL);
}
