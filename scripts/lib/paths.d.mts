/** Places from the project's root. */
export const ROOT: string;
export const DIST: string;
export const OUT: string;
