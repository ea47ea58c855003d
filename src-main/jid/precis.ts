export declare function enforceUsernameCaseMapped(text: string): string;
export declare function enforceUsernameCasePreserved(text: string): string;
export declare function enforceOpaqueString(text: string): string;
export declare function enforceNickname(text: string): string;
