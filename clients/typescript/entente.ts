// Types for clients of the JSON API of an Entente node. Made of docs/openapi.json by `make generate`: do not edit.

export interface Account {
  /** SHA-256 of the public key of its client certificate, in hex */
  certificate?: string;
  created: string;
  disabled: boolean;
  name: string;
  /** What the audit log calls it */
  number: number;
  /** id of its organisation */
  organisation: string;
  /** Whether it has one */
  password: boolean;
  roles: string[];
  /** Whether it is of a program or a peer */
  service: boolean;
}

export interface AccountChange {
  /** In PEM; empty for none */
  certificate?: string;
  disabled?: boolean;
  /** Empty for none */
  password?: string;
  roles?: string[];
}

export interface Accounts {
  users: Account[];
}

export interface Collection {
  alias?: string;
  can_read: boolean;
  can_write: boolean;
  description?: string;
  id: string;
  /** Label of objects that have none */
  label: string;
  /** Whether callers without credentials may read what is clear */
  public: boolean;
  /** Path of the API root of TAXII that it is in */
  root: string;
  title: string;
}

export interface CollectionChange {
  alias?: string;
  description?: string;
  /** Empty for none */
  group?: string;
  label?: "clear" | "green" | "amber" | "amber+strict" | "red";
  owner?: string;
  public?: boolean;
  title?: string;
}

export interface Collections {
  collections: Collection[];
}

export interface Conflict {
  /** date_added is when it came */
  item: Item;
  /** To go on after it */
  number: number;
}

export interface Conflicts {
  conflicts: Conflict[];
}

export interface Count {
  count: number;
}

export interface Edge {
  from: string;
  /** The property that refers: source_ref, object_refs, … */
  property: string;
  to: string;
}

export interface Entries {
  entries: Entry[];
}

export interface Entry {
  at: string;
  deed: string;
  detail?: unknown;
  /** SHA-256 over this entry and the hash of the one before, in hex */
  hash: string;
  object: string;
  /** Number of its organisation */
  org: number;
  /** Address */
  remote: string;
  seq: number;
  /** Number of the token, 0 without */
  token: number;
  /** Number of the account, 0 for nobody */
  user: number;
}

export interface Envelope {
  objects: StixObject[];
}

export interface ErrorDetail {
  /** Where the error occurred, e.g. 'body.items[3].tags' or 'path.thing-id' */
  location?: string;
  /** Error message text */
  message?: string;
  /** The value at the given location */
  value?: unknown;
}

export interface ErrorModel {
  /** A human-readable explanation specific to this occurrence of the problem. */
  detail?: string;
  /** Optional list of individual error details */
  errors?: ErrorDetail[];
  /** A URI reference that identifies the specific occurrence of the problem. */
  instance?: string;
  /** HTTP status code */
  status?: number;
  /** A short, human-readable summary of the problem type. This value should not change between occurrences of the error. */
  title?: string;
  /** A URI reference to human-readable documentation for the error. */
  type?: string;
}

export interface Event {
  /** Identifier of the collection that it was added to */
  collection: string;
  /** To go on after this event: Last-Event-ID, or after */
  cursor: string;
  /** Identifier of the object */
  id: string;
  type: string;
}

export interface Grant {
  read: boolean;
  write: boolean;
}

export interface Graph {
  /** Whether there is more than the limit */
  cut: boolean;
  /** Their ends need not be among the nodes: the node may lack an object, or the caller not see it */
  edges: Edge[];
  /** Objects, once for each collection that they are in */
  nodes: Reference[];
}

export interface Group {
  id: string;
  name: string;
}

export interface Groups {
  groups: Group[];
}

export interface IssuedToken {
  created: string;
  expires?: string;
  id: number;
  /** To the minute */
  last_used?: string;
  /** What it is for */
  name: string;
  revoked: boolean;
  scopes: string[];
  /** For Authorization: Bearer. It is in this answer and nowhere else */
  secret: string;
  /** Name of its account */
  user: string;
}

export interface IssuedWebhook {
  /** Identifiers of collections, or aliases where one is added; none: all that the account may read */
  collections: string[];
  created: string;
  /** When it last took a message */
  delivered?: string;
  disabled: boolean;
  /** Why the last of them was */
  error?: string;
  /** Attempts in vain since then */
  failures: number;
  id: string;
  /** What messages are signed with, where the node has made it. It is in this answer and nowhere else */
  secret?: string;
  /** Types of objects; none: all */
  types: string[];
  url: string;
  /** Number of the account that it belongs to: it is told what that account may see */
  user: number;
}

export interface Item {
  /** Identifier of the collection */
  collection: string;
  date_added: string;
  /** TLP 2.0: clear, green, amber, amber+strict, red. That of the object as a whole */
  label: string;
  object: StixObject;
  /** What an indicator is worth now: its confidence, faded with its age. Only with score=true */
  score?: number;
  /** Whether parts of it are missing; the object says under which labels */
  withheld: boolean;
}

export interface Items {
  items: Item[];
  /** For the page after this one; absent where there is none */
  next?: string;
}

export interface ManagedCollection {
  alias?: string;
  description?: string;
  /** id of the sharing group that its objects are for */
  group?: string;
  id: string;
  /** Label of objects that have none */
  label: "clear" | "green" | "amber" | "amber+strict" | "red";
  /** Numbers of the accounts that see what is red */
  named: number[];
  /** What the audit log calls it */
  number: number;
  /** id of an organisation */
  owner: string;
  /** Whether callers without credentials may read what is clear */
  public: boolean;
  rights: Right[];
  /** Path of its API root */
  root: string;
  title: string;
}

export interface ManagedCollections {
  collections: ManagedCollection[];
}

export interface Me {
  /** What roles and scopes allow together: read, write, publish, administer, audit */
  may: string[];
  organisation: OrgRef;
  /** reader, analyst, publisher, admin, auditor */
  roles: string[];
  /** What the token allows: read, write, admin, audit. All of them without a token */
  scopes: string[];
  /** Number of the token */
  token?: number;
  /** Name of the account, empty for a caller without credentials */
  user: string;
}

export interface NewAccount {
  /** Its client certificate, in PEM */
  certificate?: string;
  name: string;
  /** id of its organisation */
  organisation: string;
  password?: string;
  /** reader, analyst, publisher, admin, auditor. Default: reader */
  roles?: string[];
  service?: boolean;
}

export interface NewCollection {
  alias?: string;
  description?: string;
  /** id of the sharing group that its objects are for */
  group?: string;
  label?: "clear" | "green" | "amber" | "amber+strict" | "red";
  /** id of an organisation */
  owner: string;
  public?: boolean;
  /** Path of its API root */
  root: string;
  title: string;
}

export interface NewGroup {
  name: string;
  /** id of an organisation, the first member */
  owner: string;
}

export interface NewOrganisation {
  clearance?: "clear" | "green" | "amber" | "amber+strict";
  client_of?: string;
  /** Its identity in STIX; made without it */
  id?: string;
  name: string;
}

export interface NewRoot {
  description?: string;
  /** Most bytes of a submission; 0: what the node takes */
  max_content_length?: number;
  /** Letters, digits and -._~, with slashes between segments */
  path: string;
  title?: string;
}

export interface NewToken {
  /** When it ends; never without */
  expires?: string;
  /** What it is for */
  name?: string;
  /** read, write, admin, audit. Default: read and write */
  scopes?: string[];
  /** Name of its account */
  user: string;
}

export interface NewWebhook {
  collections?: string[];
  /** What messages are signed with, at least 16 characters. One is made without it */
  secret?: string;
  types?: string[];
  /** https://host/path */
  url: string;
}

export interface OrgRef {
  /** Its identity in STIX */
  id: string;
  name: string;
}

export interface Organisation {
  /** The strictest label of others' objects that it may see */
  clearance: "clear" | "green" | "amber" | "amber+strict";
  /** id of the organisation whose client it is */
  client_of?: string;
  created: string;
  /** Whether its accounts are closed */
  disabled: boolean;
  /** Its identity in STIX */
  id: string;
  name: string;
  /** What the audit log calls it */
  number: number;
}

export interface OrganisationChange {
  clearance?: "clear" | "green" | "amber" | "amber+strict";
  /** Empty for none */
  client_of?: string;
  disabled?: boolean;
  name?: string;
}

export interface Organisations {
  organisations: Organisation[];
}

export interface Reference {
  /** Identifier of the collection */
  collection: string;
  date_added: string;
  id: string;
  label: string;
  revoked: boolean;
  spec_version: "2.0" | "2.1";
  type: string;
  /** modified, else created, as the object has it; absent for objects without versions */
  version?: string;
}

export interface References {
  items: Reference[];
  /** For the page after this one; absent where there is none */
  next?: string;
}

export interface Right {
  /** id of an organisation */
  organisation: string;
  read: boolean;
  write: boolean;
}

export interface Root {
  /** Most bytes of a submission */
  max_content_length: number;
  path: string;
  title: string;
}

export interface Roots {
  roots: Root[];
}

export interface SharingGroup {
  id: string;
  /** ids of organisations */
  members: string[];
  name: string;
  /** id of an organisation */
  owner: string;
}

export interface SharingGroups {
  groups: SharingGroup[];
}

export interface Status {
  failure_count: number;
  failures?: StatusDetail[];
  id: string;
  pending_count: number;
  pendings?: StatusDetail[];
  request_timestamp?: string;
  status: string;
  success_count: number;
  successes?: StatusDetail[];
  total_count: number;
}

export interface StatusDetail {
  id: string;
  message?: string;
  version: string;
}

/** An object of STIX 2.1 or 2.0, in the bytes that the node has received, but for what is withheld from the caller. */
export interface StixObject {
  id: string;
  type: string;
  [property: string]: unknown;
}

export interface Token {
  created: string;
  expires?: string;
  id: number;
  /** To the minute */
  last_used?: string;
  /** What it is for */
  name: string;
  revoked: boolean;
  scopes: string[];
  /** Name of its account */
  user: string;
}

export interface Tokens {
  tokens: Token[];
}

export interface Verification {
  /** How many there are */
  entries: number;
  /** Hash of the last one, in hex */
  last: string;
}

export interface Webhook {
  /** Identifiers of collections, or aliases where one is added; none: all that the account may read */
  collections: string[];
  created: string;
  /** When it last took a message */
  delivered?: string;
  disabled: boolean;
  /** Why the last of them was */
  error?: string;
  /** Attempts in vain since then */
  failures: number;
  id: string;
  /** Types of objects; none: all */
  types: string[];
  url: string;
  /** Number of the account that it belongs to: it is told what that account may see */
  user: number;
}

export interface WebhookChange {
  /** Whether it rests. What is added meanwhile it is told afterwards */
  disabled: boolean;
}

export interface Webhooks {
  webhooks: Webhook[];
}

/** Every operation: its parameters, its body, its answer. */
export interface Operations {
  /** All collections, and who may read and write them */
  "managed-collections": {
    input: {
    };
    answer: ManagedCollections;
  };
  /** Add a collection */
  "add-collection": {
    input: {
      body: NewCollection;
    };
    answer: ManagedCollection;
  };
  /** Remove a collection in which there is nothing */
  "remove-collection": {
    input: {
      path: { collection: string };
    };
    answer: undefined;
  };
  /** Change a collection */
  "change-collection": {
    input: {
      path: { collection: string };
      body: CollectionChange;
    };
    answer: ManagedCollection;
  };
  /** Name the user no more */
  "unname-user": {
    input: {
      path: { collection: string; user: string };
    };
    answer: undefined;
  };
  /** Name a user who sees what is red in a collection */
  "name-user": {
    input: {
      path: { collection: string; user: string };
    };
    answer: undefined;
  };
  /** Say what an organisation may do with a collection */
  "set-rights": {
    input: {
      path: { collection: string; organisation: string };
      body: Grant;
    };
    answer: undefined;
  };
  /** All sharing groups and their members */
  "sharing-groups": {
    input: {
    };
    answer: SharingGroups;
  };
  /** Add a sharing group */
  "add-group": {
    input: {
      body: NewGroup;
    };
    answer: SharingGroup;
  };
  /** Remove a sharing group for which there is nothing */
  "remove-group": {
    input: {
      path: { group: string };
    };
    answer: undefined;
  };
  /** End the membership of an organisation in a sharing group */
  "remove-member": {
    input: {
      path: { group: string; organisation: string };
    };
    answer: undefined;
  };
  /** Make an organisation a member of a sharing group */
  "add-member": {
    input: {
      path: { group: string; organisation: string };
    };
    answer: undefined;
  };
  /** All organisations */
  "organisations": {
    input: {
    };
    answer: Organisations;
  };
  /** Add an organisation */
  "add-organisation": {
    input: {
      body: NewOrganisation;
    };
    answer: Organisation;
  };
  /** Change an organisation */
  "change-organisation": {
    input: {
      path: { organisation: string };
      body: OrganisationChange;
    };
    answer: Organisation;
  };
  /** All API roots of TAXII */
  "roots": {
    input: {
    };
    answer: Roots;
  };
  /** Add an API root of TAXII */
  "add-root": {
    input: {
      body: NewRoot;
    };
    answer: Root;
  };
  /** All tokens, without their secrets */
  "tokens": {
    input: {
    };
    answer: Tokens;
  };
  /** Add a token */
  "add-token": {
    input: {
      body: NewToken;
    };
    answer: IssuedToken;
  };
  /** End a token for good */
  "revoke-token": {
    input: {
      path: { token: number };
    };
    answer: undefined;
  };
  /** All accounts */
  "users": {
    input: {
    };
    answer: Accounts;
  };
  /** Add an account */
  "add-user": {
    input: {
      body: NewAccount;
    };
    answer: Account;
  };
  /** Change an account */
  "change-user": {
    input: {
      path: { user: string };
      body: AccountChange;
    };
    answer: Account;
  };
  /** The audit log: who did what, with which token, from where */
  "audit": {
    input: {
      query?: { after?: number; since?: string; until?: string; user?: number; org?: number; deed?: string; object?: string; limit?: number };
    };
    answer: Entries;
  };
  /** Follow the chain of the audit log from its beginning */
  "verify-audit": {
    input: {
    };
    answer: Verification;
  };
  /** Collections that the caller may read or write */
  "collections": {
    input: {
    };
    answer: Collections;
  };
  /** One of them */
  "collection": {
    input: {
      path: { collection: string };
    };
    answer: Collection;
  };
  /** Submit objects */
  "submit": {
    input: {
      path: { collection: string };
      query?: { label?: string; group?: string };
      body: Envelope;
    };
    answer: Status;
  };
  /** Remove an object from a collection, all versions of it */
  "delete-object": {
    input: {
      path: { collection: string; id: string };
    };
    answer: undefined;
  };
  /** What became of a submission of the caller's */
  "submission": {
    input: {
      path: { collection: string; submission: string };
    };
    answer: Status;
  };
  /** Submissions that stand beside another object with the same version */
  "conflicts": {
    input: {
      query?: { collection?: string; after?: number; limit?: number };
    };
    answer: Conflicts;
  };
  /** Remove a conflict; what stands there stays */
  "dismiss": {
    input: {
      path: { number: number };
    };
    answer: undefined;
  };
  /** How many items a search would give on all its pages */
  "counts": {
    input: {
      query?: { collection?: string[]; id?: string[]; type?: string[]; label?: string[]; since?: string; until?: string; added_after?: string; text?: string; attack?: string[]; value?: string; name?: string; tag?: string; refers_to?: string; versions?: "latest" | "first" | "all" };
    };
    answer: Count;
  };
  /** Sharing groups that the caller's organisation is in */
  "groups": {
    input: {
    };
    answer: Groups;
  };
  /** Who am I? */
  "me": {
    input: {
    };
    answer: Me;
  };
  /** Search */
  "search": {
    input: {
      query?: { collection?: string[]; id?: string[]; type?: string[]; label?: string[]; since?: string; until?: string; added_after?: string; text?: string; attack?: string[]; value?: string; name?: string; tag?: string; refers_to?: string; versions?: "latest" | "first" | "all"; limit?: number; next?: string; score?: boolean };
    };
    answer: Items;
  };
  /** The latest version of an object, in each collection that has it */
  "object": {
    input: {
      path: { id: string };
      query?: { limit?: number; next?: string; score?: boolean };
    };
    answer: Items;
  };
  /** What refers to an object and what it refers to */
  "neighbours": {
    input: {
      path: { id: string };
      query?: { depth?: number; limit?: number };
    };
    answer: Graph;
  };
  /** The versions of an object */
  "versions": {
    input: {
      path: { id: string };
      query?: { limit?: number; next?: string };
    };
    answer: References;
  };
  /** Webhooks of the caller; for administrators, all */
  "webhooks": {
    input: {
    };
    answer: Webhooks;
  };
  /** Add a webhook, which is told what is added from now on */
  "add-webhook": {
    input: {
      body: NewWebhook;
    };
    answer: IssuedWebhook;
  };
  /** Remove a webhook */
  "remove-webhook": {
    input: {
      path: { webhook: string };
    };
    answer: undefined;
  };
  /** Let a webhook rest, or go on */
  "change-webhook": {
    input: {
      path: { webhook: string };
      body: WebhookChange;
    };
    answer: undefined;
  };
}

const calls: { [O in keyof Operations]: readonly [method: string, path: string] } = {
  "add-collection": ["POST", "/api/v1/admin/collections"],
  "add-group": ["POST", "/api/v1/admin/groups"],
  "add-member": ["PUT", "/api/v1/admin/groups/{group}/members/{organisation}"],
  "add-organisation": ["POST", "/api/v1/admin/organisations"],
  "add-root": ["POST", "/api/v1/admin/roots"],
  "add-token": ["POST", "/api/v1/admin/tokens"],
  "add-user": ["POST", "/api/v1/admin/users"],
  "add-webhook": ["POST", "/api/v1/webhooks"],
  "audit": ["GET", "/api/v1/audit"],
  "change-collection": ["PATCH", "/api/v1/admin/collections/{collection}"],
  "change-organisation": ["PATCH", "/api/v1/admin/organisations/{organisation}"],
  "change-user": ["PATCH", "/api/v1/admin/users/{user}"],
  "change-webhook": ["PATCH", "/api/v1/webhooks/{webhook}"],
  "collection": ["GET", "/api/v1/collections/{collection}"],
  "collections": ["GET", "/api/v1/collections"],
  "conflicts": ["GET", "/api/v1/conflicts"],
  "counts": ["GET", "/api/v1/counts"],
  "delete-object": ["DELETE", "/api/v1/collections/{collection}/objects/{id}"],
  "dismiss": ["DELETE", "/api/v1/conflicts/{number}"],
  "groups": ["GET", "/api/v1/groups"],
  "managed-collections": ["GET", "/api/v1/admin/collections"],
  "me": ["GET", "/api/v1/me"],
  "name-user": ["PUT", "/api/v1/admin/collections/{collection}/named/{user}"],
  "neighbours": ["GET", "/api/v1/objects/{id}/neighbours"],
  "object": ["GET", "/api/v1/objects/{id}"],
  "organisations": ["GET", "/api/v1/admin/organisations"],
  "remove-collection": ["DELETE", "/api/v1/admin/collections/{collection}"],
  "remove-group": ["DELETE", "/api/v1/admin/groups/{group}"],
  "remove-member": ["DELETE", "/api/v1/admin/groups/{group}/members/{organisation}"],
  "remove-webhook": ["DELETE", "/api/v1/webhooks/{webhook}"],
  "revoke-token": ["DELETE", "/api/v1/admin/tokens/{token}"],
  "roots": ["GET", "/api/v1/admin/roots"],
  "search": ["GET", "/api/v1/objects"],
  "set-rights": ["PUT", "/api/v1/admin/collections/{collection}/rights/{organisation}"],
  "sharing-groups": ["GET", "/api/v1/admin/groups"],
  "submission": ["GET", "/api/v1/collections/{collection}/submissions/{submission}"],
  "submit": ["POST", "/api/v1/collections/{collection}/objects"],
  "tokens": ["GET", "/api/v1/admin/tokens"],
  "unname-user": ["DELETE", "/api/v1/admin/collections/{collection}/named/{user}"],
  "users": ["GET", "/api/v1/admin/users"],
  "verify-audit": ["GET", "/api/v1/audit/verification"],
  "versions": ["GET", "/api/v1/objects/{id}/versions"],
  "webhooks": ["GET", "/api/v1/webhooks"],
};

/** A problem of RFC 9457 as an error. */
export class Problem extends Error {
  constructor(readonly status: number, readonly problem: ErrorModel) {
    super(problem.detail || problem.title || String(status));
  }
}

/** Calls operations of a node: client("https://node.example", "ent_…")("search", { query: { text: "chopper" } }). */
export function client(base: string, token: string) {
  return async function <O extends keyof Operations>(operation: O, input: Operations[O]["input"]): Promise<Operations[O]["answer"]> {
    const [method, pattern] = calls[operation];
    const given = input as { path?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown };
    const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given.path?.[name])));
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(given.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { Authorization: "Bearer " + token };
    let body: string | undefined;
    if (given.body !== undefined) {
      headers["Content-Type"] = "application/json";
      body = JSON.stringify(given.body);
    }
    const response = await fetch(url, { method, headers, body });
    if (!response.ok) {
      throw new Problem(response.status, await response.json().catch(() => ({})) as ErrorModel);
    }
    return (response.status === 204 ? undefined : await response.json()) as Operations[O]["answer"];
  };
}
