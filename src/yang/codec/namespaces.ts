/** XML namespaces that are not of a module's data. */

/** RFC 6241: rpc, config and the attribute `operation`. */
export const NETCONF_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
/** RFC 7950: the attributes `insert`, `key`, `value`. */
export const YANG_NAMESPACE = 'urn:ietf:params:xml:ns:yang:1';
/** RFC 6243: the attribute `default`. */
export const WITH_DEFAULTS_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:default:1.0';
