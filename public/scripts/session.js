// @ts-check
// Who is looking: nobody yet, a stranger, or an admin of this bot.

import { createSignal } from "./signals.js";

const PATIENCE_MS = 10_000;
const PLACE = "halley.place";

/**
 * @typedef {{id: string, name: string}} Person the Discord id, and the name to show
 * @typedef {{kind: "signed-out" | "expired" | "refused" | "admin" | "unreachable", person?: Person, detail?: string, isServers?: boolean}} Standing
 */

/**
 * @param {any} client supabase-js's
 * @param {{known: () => void}} given `known` is told of a sign-in that the database is asked about now
 */
export function createSession(client, { known }) {
  /** @type {ReturnType<typeof createSignal<Standing>>} */
  const signal = createSignal();
  let asking = 0;

  /** @returns {Promise<Standing>} */
  async function standing() {
    const failure = failureIn(location);
    if (failure) {
      history.replaceState(null, "", location.pathname);
      return { kind: "signed-out", ...failure };
    }
    const { data, error } = await client.auth.getSession();
    if (error) return isUnreachable(error) ? { kind: "unreachable" } : { kind: "expired" };
    if (!data.session) return { kind: "signed-out" };
    known();
    const person = personOf(data.session.user);
    const { data: isAdmin, error: refusal, status } = await client.rpc("is_admin").abortSignal(AbortSignal.timeout(PATIENCE_MS));
    if (refusal && status === 401) return { kind: "expired", person };
    // What the database says is told; what the browser says of an answer that never came is not.
    if (refusal) return { kind: "unreachable", person, detail: status ? refusal.message : undefined };
    return { kind: isAdmin ? "admin" : "refused", person };
  }

  async function ask() {
    const mine = ++asking;
    const found = await standing();
    if (mine === asking) signal.tell(found);
  }

  client.auth.onAuthStateChange((event) => {
    // Signed out in another tab, or by a refresh that was refused.
    if (event === "SIGNED_OUT") signal.tell({ kind: "signed-out" });
  });

  return {
    on: signal.on,
    /** Finds out who is looking, and tells. */
    ask,
    /** Says that the token has ended for good. */
    expired() {
      asking += 1;
      signal.tell({ kind: "expired" });
    },
    /**
     * Whom the sign-in knows: the local stack's accounts, or Discord.
     * @returns {Promise<{accounts: {name: string, label: string}[], discord: boolean}>}
     */
    async ways(config) {
      const answer = await fetch(`${config.supabase_url}/auth/v1/settings`, { headers: { apikey: config.publishable_key }, signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) throw new Error(`/auth/v1/settings: ${answer.status}`);
      const settings = await answer.json();
      return { accounts: settings.local_accounts ?? [], discord: settings.external?.discord === true };
    },
    /** Leaves for Discord, and comes back to the same place. `account` is one of the local ones. */
    async signIn(account) {
      sessionStorage.setItem(PLACE, location.hash);
      const { error } = await client.auth.signInWithOAuth({
        provider: "discord",
        options: {
          redirectTo: `${location.origin}${location.pathname}`,
          scopes: "identify",
          queryParams: account ? { local_account: account } : {},
        },
      });
      if (error) throw error;
    },
    async signOut() {
      // The browser forgets the session even if the server cannot be told.
      await client.auth.signOut({ scope: "local" });
      signal.tell({ kind: "signed-out" });
    },
    /** Brings back the place that was shown when somebody left to sign in. */
    restorePlace() {
      const place = sessionStorage.getItem(PLACE);
      sessionStorage.removeItem(PLACE);
      if (place && !location.hash) history.replaceState(null, "", place);
    },
  };
}

/** By the identity, which its owner cannot edit; the name is only shown. */
function personOf(user) {
  const discord = user.identities?.find((identity) => identity.provider === "discord");
  const told = discord?.identity_data ?? user.user_metadata ?? {};
  return {
    id: discord?.id ?? told.provider_id ?? "",
    name: told.custom_claims?.global_name ?? told.full_name ?? told.name ?? user.email ?? "?",
  };
}

/** What went wrong on the way back from Discord, and whether on the server; null if nothing did. */
function failureIn({ search, hash }) {
  const told = [new URLSearchParams(search), new URLSearchParams(hash.replace(/^#/, ""))].find((each) => each.has("error"));
  if (!told) return null;
  const error = told.get("error") ?? "";
  return { detail: told.get("error_description") ?? error, isServers: error === "server_error" };
}

const isUnreachable = (error) => error.name === "AuthRetryableFetchError";
