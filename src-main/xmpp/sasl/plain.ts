/** SASL PLAIN (RFC 4616): the password itself, inside TLS; used on the user's explicit word only. */

/** message = [authzid] NUL authcid NUL passwd; the parts are prepared already, so they hold no NUL. */
export function plainMessage(user: string, password: string): string {
  return `\0${user}\0${password}`;
}
