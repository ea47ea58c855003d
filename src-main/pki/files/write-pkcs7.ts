/** Certificates and revocation lists as a PKCS#7 SignedData that nobody signed (RFC 5652, 5.1): what `.p7b` files are. */

import { der, integer, objectId, Tag } from '../der.ts';

/** @param certificates DER, in the order in which they are to stand: end entity first for a chain */
export function writePkcs7(certificates: readonly Uint8Array[], crls: readonly Uint8Array[] = []): Uint8Array {
  const nobody = der(Tag.set);
  const content = der(Tag.sequence, objectId('1.2.840.113549.1.7.1'));
  const lists = crls.length === 0 ? [] : [der(0xa1, ...crls)];
  const signedData = der(Tag.sequence, integer(1), nobody, content, der(0xa0, ...certificates), ...lists, nobody);
  return der(Tag.sequence, objectId('1.2.840.113549.1.7.2'), der(0xa0, signedData));
}
