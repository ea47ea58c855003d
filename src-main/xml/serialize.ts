import type { Element } from './element.ts';
export declare function serialize(el: Element, parentNs?: string): string;
export declare function escapeText(text: string): string;
export declare function escapeAttribute(value: string): string;
