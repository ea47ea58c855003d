/** Certificates and revocation lists out of a PKCS#7 SignedData (RFC 2315, RFC 5652): `.p7b`, `.p7c`, `.p7s`. */

import { Tag } from '../der.ts';
import { PkiError } from '../errors.ts';
import { explicit, inside, oidIn, type Ber } from './ber.ts';
import { foundCertificate, foundCrl, type Found } from './contents.ts';
import { MAX_ITEMS } from './limits.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const CERTIFICATES = 0xa0;
const CRLS = 0xa1;

/** Whether this is a ContentInfo of whatever type. */
export function isPkcs7(file: Ber): boolean {
  const [type, content] = file.tag === Tag.sequence ? file.children : [];
  return type?.tag === Tag.oid && content?.tag === 0xa0;
}

/**
 * What it carries. Whether anybody signed it makes no difference: what is in it speaks for itself. Throws `unsupported`
 * where it is another type than SignedData, `damaged`, `file-too-large`.
 */
export function readPkcs7(file: Ber): readonly Found[] {
  const [type, content] = inside(file);
  if (oidIn(type) !== SIGNED_DATA) throw new PkiError('unsupported');
  const fields = inside(explicit(content, 0));
  const certificates = fields.find((field) => field.tag === CERTIFICATES)?.children ?? [];
  const crls = fields.find((field) => field.tag === CRLS)?.children ?? [];
  if (certificates.length + crls.length > MAX_ITEMS) throw new PkiError('file-too-large');
  return [
    // Of the CHOICE only a Certificate is a plain SEQUENCE; the others (attribute certificates) are tagged.
    ...certificates.map((c): Found => (c.tag === Tag.sequence ? foundCertificate(c.raw) : { kind: 'other' })),
    ...crls.map((c): Found => (c.tag === Tag.sequence ? foundCrl(c.raw) : { kind: 'other' })),
  ];
}
