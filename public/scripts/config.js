// @ts-check
// Where this deployment's database is. Nothing of it is secret.

const PATIENCE_MS = 15_000;

/**
 * @typedef {{supabase_url: string | null, publishable_key: string | null, timezone: string, version: string}} Config
 * @returns {Promise<Config>} rejects if it cannot be had
 */
export async function loadConfig() {
  // Without a cache mode: the page's head has asked for it already, and its answer forbids caching.
  const answer = await fetch("/config.json", { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`/config.json: ${answer.status}`);
  return answer.json();
}
