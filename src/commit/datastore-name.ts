/** The configuration datastores of RFC 6241 that the router has. */
export type DatastoreName = 'running' | 'candidate' | 'startup';
