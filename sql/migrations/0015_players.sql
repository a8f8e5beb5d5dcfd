-- What whoever plays music says of it, and the dashboard's orders. An order is an inserted row like
-- any other; what an admin may do goes through functions that ask who they are.

-- Which play of music_history a session is at, who wished for it, and since when its position holds.
alter table public.active_sessions
  add column if not exists play_id text,
  add column if not exists requested_by text,          -- their name
  add column if not exists requester_id text,          -- their Discord id
  add column if not exists track_url text,
  add column if not exists channel_id text,
  add column if not exists position_at timestamptz;    -- when position_ms was true
alter table public.music_history
  add column if not exists requester_id text;

-- Of a row that is deleted, Realtime tells everybody who has signed in what identifies it, whatever
-- the policies say. Where something played is nobody's business, so a number by chance does instead.
alter table public.active_sessions
  add column if not exists notice_id uuid not null default gen_random_uuid();
create unique index if not exists active_sessions_notice on public.active_sessions (notice_id);
alter table public.active_sessions replica identity using index active_sessions_notice;

-- An order for the player is good for half a minute. One of long ago must not be carried out now.
update public.command_queue as q set expires_at = now()
  where q.command in ('pause', 'resume', 'skip', 'stop')
    and q.status in ('pending', 'processing') and q.expires_at is null;
insert into public.command_kinds (command, handled_by, expires_after_seconds)
  values ('pause', 'worker', 30), ('resume', 'worker', 30), ('skip', 'worker', 30),
         ('stop', 'worker', 30)
  on conflict (command) do update
    set expires_after_seconds = coalesce(
      public.command_kinds.expires_after_seconds, excluded.expires_after_seconds);

-- The Discord id of the admin who asks. Raises 42501 (insufficient_privilege) for anybody else. The
-- id is the sign-in provider's own: what users write about themselves counts for nothing.
create function public.require_admin() returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  discord_id text;
begin
  select i.provider_id into discord_id
    from auth.identities as i
    join public.dashboard_admins as a on a.discord_id = i.provider_id
    where i.user_id = (select auth.uid()) and i.provider = 'discord'
    order by i.provider_id limit 1;
  if not found then
    raise exception using errcode = 'insufficient_privilege',
      message = 'Only an admin of the dashboard may do this.';
  end if;
  return discord_id;
end $$;

-- Puts a failed row back, as retry_command does. {"result": pending, not_failed, secrets_gone or
-- gone}.
create function public.admin_retry_command(p_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  admin text := public.require_admin();
  result text := coalesce(public.retry_command(p_id), 'gone');
begin
  perform public.write_log('info',
    format('admin_retried_command  admin=%s id=%s result=%s', admin, p_id, result));
  return jsonb_build_object('result', result);
end $$;

-- Ends a row that has not ended, as cancel_command does. {"result": cancelled, not_open or gone}.
create function public.admin_cancel_command(p_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  admin text := public.require_admin();
  result text := coalesce(public.cancel_command(p_id), 'gone');
begin
  result := case result when 'failed' then 'cancelled' else result end;
  perform public.write_log('info',
    format('admin_cancelled_command  admin=%s id=%s result=%s', admin, p_id, result));
  return jsonb_build_object('result', result);
end $$;

-- Orders a player to pause, resume, skip or stop what the admin saw in the session: the play that
-- p_play_id names, or where it is null, for a session that names none, the track of that title and
-- address. Returns {"result", "id": the row's, "expires_at"}: pending, or of the same order that has
-- not ended pending or processing, since whoever asks twice means one; or, without a row, no_session,
-- or other_track where something else plays by now.
create function public.admin_control_player(
  p_guild_id text, p_action text, p_play_id text,
  p_track_title text default null, p_track_url text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  admin text := public.require_admin();
  session public.active_sessions;
  ordered jsonb := jsonb_build_object('guild_id', p_guild_id, 'play_id', p_play_id);
  answer jsonb := '{"result": "no_session", "id": null, "expires_at": null}';
begin
  if p_action is null or p_action not in ('pause', 'resume', 'skip', 'stop') then
    raise exception using errcode = 'invalid_parameter_value',
      message = 'A player can be told to pause, resume, skip or stop.';
  end if;
  if p_play_id is null then
    ordered := ordered || jsonb_build_object('track_title', p_track_title, 'track_url', p_track_url);
  end if;
  -- Locked, so that of two who ask at once the second finds the first one's order.
  select s.* into session from public.active_sessions as s
    where s.guild_id = p_guild_id for no key update;
  if found and (session.play_id is distinct from p_play_id
                or (p_play_id is null
                    and (session.track_title, session.track_url)
                      is distinct from (p_track_title, p_track_url))) then
    answer := answer || '{"result": "other_track"}';
  elsif found then
    -- What was ordered last counts: between two pauses somebody may have resumed.
    select jsonb_build_object('result', q.status, 'id', q.id, 'expires_at', q.expires_at)
      into answer
      from (
        select o.* from public.command_queue as o
          where o.order_key = 'player:' || p_guild_id and o.status in ('pending', 'processing')
            and (o.status = 'processing' or coalesce(o.expires_at, 'infinity') > now())
          order by o.seq desc limit 1) as q
      where q.command = p_action and q.payload - 'by' = ordered;
    if not found then
      insert into public.command_queue as q (command, payload, order_key)
        values (p_action, ordered || jsonb_build_object('by', admin), 'player:' || p_guild_id)
        returning jsonb_build_object('result', q.status, 'id', q.id, 'expires_at', q.expires_at)
        into answer;
    end if;
  end if;
  perform public.write_log('info',
    format('admin_controlled_player  admin=%s action=%s guild_id=%s id=%s result=%s',
           admin, p_action, left(p_guild_id, 40), answer ->> 'id', answer ->> 'result'));
  return answer;
end $$;

-- As in 0008; and a play is theirs by their id as well, whatever name it was noted under.
create or replace function public.delete_user_records(p_user_id text) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb := '{}';
  gone integer;
begin
  delete from public.gemini_usage where user_id = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('gemini_usage', gone);
  delete from public.command_queue as q
    where not (q.status = 'processing' and q.locked_until > now())
      and (q.payload ->> 'user_id' = p_user_id
           or exists (
             select from public.command_secrets as s
               where s.command_id = q.id
                 and p_user_id in (s.interaction #>> '{member,user,id}',
                                   s.interaction #>> '{user,id}')));
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('command_queue', gone);
  delete from public.music_history
    where requested_by = p_user_id or requester_id = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('music_history', gone);
  -- What they wished for plays on, and nobody knows any more who it was.
  update public.active_sessions set requested_by = null, requester_id = null
    where p_user_id in (requested_by, requester_id);
  update public.interaction_log set user_id = null where user_id = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('interaction_log', gone);
  -- One that still runs goes by itself: deleting it would be a way around it.
  delete from public.cooldowns where user_id = p_user_id and until <= now();
  get diagnostics gone = row_count;
  return counts || jsonb_build_object('cooldowns', gone);
end $$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('require_admin', 'admin_retry_command', 'admin_cancel_command',
                          'admin_control_player')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated, service_role',
                   signature);
    if signature <> 'public.require_admin()'::regprocedure then
      execute format('grant execute on function %s to authenticated', signature);
    end if;
  end loop;
end $$;
