/**
 * A copy of a string that keeps nothing else alive. What the parser gives are slices of what was read: a name of thirty
 * characters, kept, keeps up to 64 KiB. Use it for strings that go into caches and long-lived maps.
 */
export const detached = (text: string): string => Buffer.from(text).toString();
