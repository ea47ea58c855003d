/**
 * Addresses (RFC 7622). The page and the contract hold prepared JIDs only; preparation itself (PRECIS, IDNA) is done by
 * `src-main/xml`'s neighbour `src-main/jid/`, since it needs tables that the page does not.
 */

declare const brand: unique symbol;
/** `local@domain` or `domain`, prepared. */
export type BareJid = string & { readonly [brand]: 'BareJid' };
/** `local@domain/resource`, prepared. */
export type FullJid = string & { readonly [brand]: 'FullJid' };
export type Jid = BareJid | FullJid;

/** The bare JID of any prepared JID. A resource may hold '/' and '@', so the first '/' ends the bare part. */
export function bareOf(jid: Jid): BareJid {
  const slash = jid.indexOf('/');
  return (slash < 0 ? jid : jid.slice(0, slash)) as BareJid;
}

/** The resource, or undefined for a bare JID. */
export function resourceOf(jid: Jid): string | undefined {
  const slash = jid.indexOf('/');
  return slash < 0 ? undefined : jid.slice(slash + 1);
}

export function isFull(jid: Jid): jid is FullJid {
  return jid.includes('/');
}

/** The part before '@' of the bare JID, or undefined for a domain. */
export function localOf(jid: Jid): string | undefined {
  const bare = bareOf(jid);
  const at = bare.indexOf('@');
  return at < 0 ? undefined : bare.slice(0, at);
}

export function domainOf(jid: Jid): string {
  const bare = bareOf(jid);
  return bare.slice(bare.indexOf('@') + 1);
}
