export type BuilderConfig = Record<string, unknown>;

export function parseConfig(text: string): BuilderConfig;
export function readConfig(): BuilderConfig;
export function checkSchema(config: BuilderConfig): Promise<void>;
export function faultsOf(config: BuilderConfig): string[];
export function missingFiles(): string[];
export function emptyPatterns(config: BuilderConfig): string[];
