/** Whether signing in again with a password is the way out of a stopped connection. */
export const asksPassword = (code: string): boolean =>
  code === 'auth-failed' ||
  code === 'not-signed-in' ||
  code === 'auth-plain-only' ||
  code === 'auth-weak' ||
  code === 'auth-unsupported';
