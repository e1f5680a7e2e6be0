// The states of a batch that belong together.

export const RUNNING = ["queued", "processing"];
export const ENDED = ["completed", "failed", "cancelled"];
