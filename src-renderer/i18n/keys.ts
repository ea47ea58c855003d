import type { ErrorCode } from '../../src-shared/errors.ts';

/** Whether a code has a sentence here; the page is told codes by an engine that may be newer than it. */
export const isErrorKey = (errors: Record<ErrorCode, unknown>, code: string): code is ErrorCode => Object.hasOwn(errors, code);
