/** The YANG modules that the router serves, with the features that it supports (yang/README.md says who serves them). */
import { fileURLToPath } from 'node:url';
import type { ModuleRequest } from '../yang/schema/load.ts';

/** Where modules are searched: our own first, then those of Debian's libyuma-base and libyang packages. */
export const moduleFolders: readonly string[] = [
  fileURLToPath(new URL('../../yang', import.meta.url)),
  '/usr/share/yuma/nmda-modules/ietf',
  '/usr/share/yuma/modules/ietf',
  '/usr/share/yang/modules/libyang',
];

export const servedModules: readonly ModuleRequest[] = [
  { name: 'ietf-yang-types', revision: '2013-07-15' },
  { name: 'ietf-inet-types', revision: '2013-07-15' },
  { name: 'ietf-interfaces', revision: '2018-02-20', features: ['if-mib', 'pre-provisioning', 'arbitrary-names'] },
  { name: 'iana-if-type', revision: '2014-05-08' },
  { name: 'ietf-netconf-acm', revision: '2018-02-14' },
  { name: 'iana-crypt-hash', revision: '2014-08-06', features: ['crypt-hash-sha-256', 'crypt-hash-sha-512'] },
  { name: 'ietf-system', revision: '2014-08-06', features: ['authentication', 'local-users'] },
  {
    name: 'ietf-netconf',
    revision: '2011-06-01',
    features: [
      'writable-running',
      'candidate',
      'confirmed-commit',
      'rollback-on-error',
      'validate',
      'startup',
      'xpath',
      'url',
    ],
  },
  { name: 'ietf-netconf-with-defaults', revision: '2011-06-01' },
  { name: 'ietf-nmda-compare', revision: '2021-12-10' },
  { name: 'ietf-netconf-monitoring', revision: '2010-10-04' },
  { name: 'ietf-netconf-private-candidate', revision: '2026-02-03', features: ['private-candidate'] },
  { name: 'ietf-netconf-partial-lock', revision: '2009-10-19' },
  { name: 'ietf-netconf-notifications', revision: '2012-02-06' },
  { name: 'notifications', revision: '2008-07-14' },
  { name: 'nc-notifications', revision: '2008-07-14' },
  {
    name: 'ietf-subscribed-notifications',
    revision: '2019-09-09',
    features: ['encode-xml', 'replay', 'subtree', 'xpath'],
  },
  { name: 'ietf-yang-push', revision: '2019-09-09', features: ['on-change'] },
  { name: 'ietf-system-capabilities', revision: '2022-02-17' },
  { name: 'ietf-notification-capabilities', revision: '2022-02-17' },
  { name: 'ietf-datastores', revision: '2018-02-14' },
  { name: 'ietf-origin', revision: '2018-02-14' },
  { name: 'ietf-netconf-nmda', revision: '2019-01-07', features: ['origin', 'with-defaults'] },
  { name: 'ietf-yang-library', revision: '2019-01-04' },
  {
    name: 'ietf-crypto-types',
    features: ['one-asymmetric-key-format', 'cleartext-private-keys', 'hidden-private-keys'],
  },
  {
    name: 'ietf-truststore',
    features: ['central-truststore-supported', 'inline-definitions-supported', 'certificates'],
  },
  {
    name: 'ietf-keystore',
    features: ['central-keystore-supported', 'inline-definitions-supported', 'asymmetric-keys'],
  },
  { name: 'ietf-x509-cert-to-name', revision: '2014-12-10' },
  { name: 'ietf-tcp-common', features: ['keepalives-supported'] },
  { name: 'ietf-tcp-client', features: ['local-binding-supported', 'tcp-client-keepalives'] },
  { name: 'ietf-tcp-server', features: ['tcp-server-keepalives'] },
  {
    name: 'ietf-ssh-common',
    features: ['transport-params', 'asymmetric-key-pair-generation', 'algorithm-discovery'],
  },
  { name: 'ietf-ssh-server', features: ['ssh-server-keepalives'] },
  { name: 'ietf-tls-common', features: ['tls12', 'tls13', 'hello-params', 'algorithm-discovery'] },
  { name: 'ietf-tls-server', features: ['server-ident-x509-cert', 'client-auth-supported', 'client-auth-x509-cert'] },
  {
    name: 'ietf-netconf-server',
    features: ['ssh-listen', 'tls-listen', 'ssh-call-home', 'tls-call-home', 'central-netconf-server-supported'],
  },
  { name: 'sluice-interfaces' },
  { name: 'sluice-bridge-domains' },
  { name: 'sluice-block-points' },
  { name: 'sluice-ce-notification' },
  { name: 'sluice-commit-history' },
  { name: 'sluice-confirmed-commit' },
  { name: 'sluice-plan' },
  { name: 'sluice-datastore' },
  { name: 'sluice-netconf' },
  { name: 'sluice-netconf-server' },
  { name: 'sluice-url' },
  { name: 'sluice-deviations' },
];
