-- A player's orders in the queue: whose they are, what becomes of them in the end, and what goes with
-- who gave them.

-- As in 0006; and an order for a guild that a living worker holds is for that worker alone.
create or replace function public.claim_commands(
  p_kinds text[],
  p_limit integer default 10,
  p_lease_seconds integer default 60,
  p_holder text default null,
  p_application_id text default null
) returns table (
  id uuid, command text, payload jsonb, attempts integer, lease_id uuid,
  created_at timestamptz, expires_at timestamptz, progress jsonb, token text, interaction jsonb
)
language plpgsql security invoker set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
#variable_conflict use_column
declare
  -- All kinds of one caller are of one handler, whose rows stand together in the index.
  caller text := (select min(k.handled_by) from public.command_kinds as k
                  where k.command = any (p_kinds));
  others text[] := '{}';  -- the guilds of other workers
  ids uuid[] := '{}';
begin
  if caller = 'worker' then
    others := array(
      select s.guild_id from public.active_sessions as s
        where s.worker_id <> p_holder and s.worker_id in (select * from public.living_workers()));
  end if;
  -- Rows to look after first: nearly always there are none, and each index tells so at once.
  if exists (select from public.command_queue as q
               where q.status = 'processing' and q.locked_until <= now())
      or exists (select from public.command_queue as q
                   where q.status in ('pending', 'processing') and q.expires_at <= now())
      or exists (select from public.command_queue as q
                   where q.status = 'pending' and q.handled_by is null)
      or exists (select from public.command_queue as q
                   where q.status = 'processing' and q.locked_until is null)
  then
    perform public.fail_lost_commands();
    ids := array(
      select q.id
        from public.command_queue as q
        where q.status = 'processing'
          and q.locked_until <= now()
          and q.command = any (p_kinds)
          and (p_application_id is null
               or coalesce(q.payload ->> 'application_id', p_application_id) = p_application_id)
          and q.attempts < q.max_attempts
          and (q.expires_at is null or q.expires_at > now())
          and coalesce(q.guild_id <> all (others), true)
        order by q.locked_until
        limit least(p_limit, 1)
        for update skip locked);
  end if;
  if ids = '{}' then
    ids := array(
      select q.id
        from public.command_queue as q
        where q.status = 'pending'
          and q.handled_by = caller
          and q.run_at <= now()
          and q.command = any (p_kinds)
          and (p_application_id is null
               or coalesce(q.payload ->> 'application_id', p_application_id) = p_application_id)
          and (q.expires_at is null or q.expires_at > now())
          and coalesce(q.guild_id <> all (others), true)
          and (q.order_key is null or not exists (
            select from public.command_queue as earlier
              where earlier.order_key = q.order_key and earlier.seq < q.seq
                and earlier.status in ('pending', 'processing')))
        order by q.run_at, q.seq
        limit p_limit
        for update skip locked);
  end if;
  if ids = '{}' then
    return;
  end if;
  return query
    with claimed as (
      update public.command_queue as q
        set status = 'processing',
            attempts = q.attempts + 1,
            lease_id = gen_random_uuid(),
            locked_until = now() + make_interval(secs => p_lease_seconds),
            locked_by = p_holder,
            started_at = now()
        where q.id = any (ids)
        returning q.*
    )
    select c.id, c.command, c.payload::jsonb, c.attempts, c.lease_id, c.created_at::timestamptz,
           c.expires_at, c.progress, s.token, s.interaction
      from claimed as c
      left join public.command_secrets as s on s.command_id = c.id
      order by c.run_at, c.seq;
end $$;

-- As in 0014; and sessions that no worker ever went on with, and what waits where nothing plays.
create or replace function public.delete_old_rows(p_limit integer default 1000) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb;
  gone integer;
begin
  perform public.lock_deletions();
  counts := public.delete_old_records(p_limit);
  counts := counts || public.delete_old_chats(p_limit);
  counts := counts || jsonb_build_object(
    'active_sessions', public.forget_sessions(interval '1 day'));
  delete from public.music_queue as q where q.id in (
    select w.id from public.music_queue as w
      where w.created_at < now() - interval '1 day'
        and not exists (select from public.active_sessions as s where s.guild_id = w.guild_id)
      limit p_limit);
  get diagnostics gone = row_count;
  delete from public.forgotten_requesters as f where f.forgotten_at < now() - interval '1 hour';
  return counts || jsonb_build_object('music_queue', gone);
end $$;

-- As in 0014; and what they wished to hear plays on, without their name.
create or replace function public.delete_user_data(p_user_id text) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  records jsonb;
begin
  perform public.lock_deletions();
  perform public.note_lost_runs_of(p_user_id);
  -- Sessions first, and in one order: whoever changes what waits in one has locked it.
  perform from public.active_sessions as s
    where p_user_id in (s.requested_by, s.requester_id)
       or s.guild_id in (select q.guild_id from public.music_queue as q
                           where q.requester_id = p_user_id)
    order by s.guild_id for update;
  if exists (select from public.living_workers()) then
    insert into public.forgotten_requesters as f (user_id) values (p_user_id)
      on conflict (user_id) do update set forgotten_at = now();
  end if;
  records := public.delete_user_records(p_user_id);
  update public.music_queue set requested_by = null, requester_id = null
    where requester_id = p_user_id;
  update public.music_settings set updated_by = null where updated_by = p_user_id;
  return records || public.delete_user_chats(p_user_id);
end $$;

-- Somebody who ordered the player sees that it is being thought about until a worker answers. Where
-- none does, the functions say so: what answering takes passes on to a row of theirs. Of an order that
-- a worker took and never ended nobody knows what came of it, and "is_begun" tells so.
insert into public.command_kinds (command, handled_by, expires_after_seconds)
  values ('untaken', 'functions', 600);

-- Before the order's row is tidied, and its secrets with it: triggers go by their names.
create function public.command_queue_answer_untaken() returns trigger
language plpgsql set search_path = '' as $$
declare
  untaken uuid := gen_random_uuid();
begin
  if exists (select from public.command_secrets as s
               where s.command_id = new.id and s.interaction ->> 'token' is not null) then
    insert into public.command_queue (id, command, payload)
      values (untaken, 'untaken', jsonb_build_object(
        'command', new.command, 'reason', new.failure_reason, 'guild_id', new.guild_id,
        'application_id', new.payload ->> 'application_id')
        || case when new.attempts > 0 then '{"is_begun": true}'::jsonb else '{}' end);
    update public.command_secrets set command_id = untaken where command_id = new.id;
  end if;
  return new;
end $$;
revoke execute on function public.command_queue_answer_untaken() from public, anon, authenticated;
create trigger command_queue_answer_untaken before update of status on public.command_queue
  for each row
  when (new.status = 'failed' and old.status in ('pending', 'processing')
        and new.handled_by = 'worker'
        and new.failure_reason in ('expired', 'attempts', 'cancelled'))
  execute function public.command_queue_answer_untaken();

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('claim_commands', 'delete_old_rows', 'delete_user_data')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
