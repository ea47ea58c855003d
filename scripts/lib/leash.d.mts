export function leash(pid: number): () => void;
