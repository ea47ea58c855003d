/** Domainparts (RFC 7622 §3.2): IPv6 literals, and names of NR-LDH labels and U-labels (RFC 5890), compared as the latter. */

import { isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { codePointsOf, derivedOf, isMark, mapWidth } from './code-points.ts';
import { JidError } from './errors.ts';
import { lowerCase } from './precis.ts';
import { bidiRuleHolds, contextAllows, isRightToLeft } from './rules.ts';

const LDH = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const A_LABEL = 'xn--';

/**
 * The domain with U-labels in lower case, without a final dot.
 * @throws JidError `bad-domain`
 */
export function prepareDomain(text: string): string {
  if (text.startsWith('[')) {
    const literal = text.slice(1, -1);
    // A zone (`fe80::1%eth0`) means something on one machine only.
    if (!text.endsWith(']') || !isIPv6(literal) || literal.includes('%')) throw new JidError('bad-domain');
    return text.toLowerCase();
  }
  // RFC 5895 section 2: case, width, NFC, the ideographic full stop
  const mapped = lowerCase(mapWidth(text)).normalize('NFC').replaceAll('\u3002', '.');
  const labels = (mapped.endsWith('.') ? mapped.slice(0, -1) : mapped).split('.').map(prepareLabel);
  const codePoints = labels.map(codePointsOf);
  // RFC 5893 section 2: with one right-to-left label the rule holds for all.
  if (codePoints.some(isRightToLeft) && !codePoints.every(bidiRuleHolds)) throw new JidError('bad-domain');
  return labels.join('.');
}

function prepareLabel(label: string): string {
  if (label.startsWith(A_LABEL)) {
    const unicode = domainToUnicode(label);
    // A real A-label: it decodes, to what encodes to it.
    if (LDH.test(unicode) || unicode.startsWith(A_LABEL) || domainToASCII(unicode) !== label) throw new JidError('bad-domain');
    return checkedULabel(unicode);
  }
  if (LDH.test(label)) {
    // Other labels with hyphens there are reserved (RFC 5890 section 2.3.1).
    if (label.startsWith('--', 2)) throw new JidError('bad-domain');
    return label;
  }
  return checkedULabel(label);
}

/** RFC 5891 section 5.4. */
function checkedULabel(label: string): string {
  const codePoints = codePointsOf(label);
  const first = codePoints[0];
  const valid =
    first !== undefined &&
    codePoints.some((c) => c >= 0x80) &&
    !isMark(first) &&
    !label.startsWith('-') &&
    !label.endsWith('-') &&
    !label.startsWith('--', 2) &&
    label.normalize('NFC') === label &&
    codePoints.every((c, at) => {
      const derived = derivedOf(c);
      if (derived === 'P') return c >= 0x80 || /[-a-z0-9]/.test(String.fromCharCode(c));
      return (derived === 'J' || derived === 'O') && contextAllows(codePoints, at);
    });
  if (!valid) throw new JidError('bad-domain');
  const ascii = domainToASCII(label);
  if (!ascii.startsWith(A_LABEL) || ascii.length > 63) throw new JidError('bad-domain');
  return label;
}
