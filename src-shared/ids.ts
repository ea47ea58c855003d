/** Branded identifiers: a string of one kind cannot be passed for another. */

declare const brand: unique symbol;
type Brand<B extends string> = string & { readonly [brand]: B };

/** SHA-256 of an end-entity certificate's DER, 64 upper-case hex digits (protocol 4). */
export type Fingerprint = Brand<'Fingerprint'>;
/** One installation: 8 random octets, 16 upper-case hex digits (protocol 4). */
export type DeviceId = Brand<'DeviceId'>;
/** CKYi | CKYr, 64 upper-case hex digits: the name of a security association (protocol 5.1). */
export type KeyId = Brand<'KeyId'>;
/** One side's cookie, 32 upper-case hex digits (protocol 5.1). */
export type Cookie = Brand<'Cookie'>;
/** A sealing key: the first 16 hex digits of the SHA-256 of its SubjectPublicKeyInfo (protocol 4). */
export type SealingId = Brand<'SealingId'>;
/** XEP-0359 origin-id: the name by which receipts, corrections and replies refer to a message. */
export type OriginId = Brand<'OriginId'>;

const hexOf = (digits: number) => new RegExp(`^[0-9A-F]{${String(digits)}}$`);
const HEX64 = hexOf(64);
const HEX16 = hexOf(16);

export const isFingerprint = (s: string): s is Fingerprint => HEX64.test(s);
export const isDeviceId = (s: string): s is DeviceId => HEX16.test(s);
export const isSealingId = (s: string): s is SealingId => HEX16.test(s);
export const isKeyId = (s: string): s is KeyId => HEX64.test(s);
/** An origin-id is any non-empty string of at most 256 characters without control characters. */
export const isOriginId = (s: string): s is OriginId => s.length > 0 && s.length <= 256 && !/\p{Cc}/u.test(s);
