-- The queue's verbs anew: a claim costs the same however many rows have ended or wait, and what went
-- wrong with a row is told.

-- Takes up to p_limit free rows of the given kinds under a lease, the longest due first. A row whose
-- lease has run out goes before them, and alone: if it was the end of its holder, it takes no other
-- rows with it again. Of the rows that share an order_key only the first that has not ended can be
-- taken. An answer can be sent only by the application that was asked: two bots, or one and
-- somebody's local copy, may share a database.
--
-- The plan is fixed: left to itself Postgres plans anew each time, guesses that it will claim much
-- of what waits, and reads the whole table for it.
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
  ids uuid[] := '{}';
begin
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

-- Ends the free rows that nobody can or may run any more, and says why, in the log as well. Among
-- them is what an older bot left at processing before there were leases: an order of long ago must
-- not be carried out now. An answer that is lost stands in the ledger as a failure, without who
-- asked: whoever would have written its entry has died.
create or replace function public.fail_lost_commands() returns integer
language plpgsql security invoker set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  ended integer;
  lines jsonb;
  entries jsonb;
begin
  -- A kind that was unknown when its row came may have been made known since.
  update public.command_queue as q set handled_by = k.handled_by
    from public.command_kinds as k
    where q.status = 'pending' and q.handled_by is null and k.command = q.command;
  with expired as materialized (
    select q.id from public.command_queue as q
      where q.status in ('pending', 'processing') and q.expires_at <= now()
        and (q.status = 'pending' or q.locked_until <= now())
      order by q.expires_at limit 100 for update skip locked
  ), abandoned as materialized (
    select q.id from public.command_queue as q
      where q.status = 'processing' and q.locked_until is null
      limit 100 for update skip locked
  ), worn_out as materialized (
    select q.id, q.handled_by from public.command_queue as q
      where q.status = 'processing' and q.locked_until <= now()
        and (q.attempts >= q.max_attempts or q.handled_by is null)
      order by q.locked_until limit 100 for update skip locked
  ), unknown as materialized (
    select q.id from public.command_queue as q
      where q.status = 'pending' and q.handled_by is null
      order by q.seq limit 100 for update skip locked
  ), lost as materialized (
    -- The secrets go when the row ends, so they are read here.
    select distinct on (each.id) each.id, each.reason, s.interaction
      from (select expired.id, 'expired' as reason, 1 as rank from expired
            union all select abandoned.id, 'expired', 1 from abandoned
            union all select worn_out.id,
                             case when worn_out.handled_by is null
                                  then 'unknown_command' else 'attempts' end, 2 from worn_out
            union all select unknown.id, 'unknown_command', 3 from unknown) as each
      left join public.command_secrets as s on s.command_id = each.id
      order by each.id, each.rank
  ), failed as (
    update public.command_queue as q
      set status = 'failed',
          failure_reason = lost.reason,
          last_error = case lost.reason
            when 'expired' then 'It was not done before it expired.'
            when 'attempts' then coalesce(q.last_error || ' ', '')
              || format('Given up after %s attempts.', q.attempts)
            else format('No handler knows the command %s.', q.command)
          end
      from lost
      where q.id = lost.id
      returning q.id, q.command, q.payload, q.failure_reason, lost.interaction
  )
  select count(*),
         jsonb_agg(jsonb_build_object('level', 'warning', 'message',
           format('command_given_up  command=%s id=%s reason=%s',
                  f.command, f.id, f.failure_reason))),
         jsonb_agg(jsonb_build_object(
           'interaction_id', f.interaction ->> 'id',
           'command', coalesce(f.payload ->> 'command', f.interaction #>> '{data,name}', f.command),
           'kind', case f.interaction ->> 'type' when '3' then 'component' when '4'
                   then 'autocomplete' when '5' then 'modal' else 'command' end,
           'guild_id', f.interaction ->> 'guild_id',
           'error', f.failure_reason))
           filter (where f.command = 'answer' and f.interaction ->> 'id' is not null)
    into ended, lines, entries
    from failed as f;
  perform public.write_log(lines);
  begin
    insert into public.interaction_log
        (interaction_id, command, kind, guild_id, deferred, outcome, error)
      select e.interaction_id, e.command, e.kind, e.guild_id, true, 'failed', e.error
        from jsonb_to_recordset(coalesce(entries, '[]')) as e
          (interaction_id text, command text, kind text, guild_id text, error text)
      on conflict (interaction_id) do nothing;
  exception when others then
    raise warning 'the ledger refuses an entry: %', sqlerrm;  -- and no claim is lost to it
  end;
  return ended;
end $$;

-- Ends a row well, and notes when scheduled work last was done. False: the lease has gone, and
-- with it the right to end the row.
create or replace function public.complete_command(p_id uuid, p_lease_id uuid) returns boolean
language plpgsql security invoker set search_path = '' as $$
declare
  done record;
begin
  update public.command_queue as q
    set status = 'completed', last_error = null
    where q.id = p_id and q.lease_id = p_lease_id and q.status = 'processing'
    returning q.command, q.slot_key into done;
  if not found then
    return false;
  end if;
  if done.slot_key is not null then
    update public.schedules set last_run_at = now() where name = done.command;
  end if;
  return true;
end $$;

-- As in 0004; and the row keeps its place among those that wait.
create or replace function public.release_command(p_id uuid, p_lease_id uuid) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  update public.command_queue
    set status = 'pending', attempts = attempts - 1
    where id = p_id and lease_id = p_lease_id and status = 'processing';
  return found;
end $$;

-- Puts a failed row back, as somebody's wish: at the end of its order, with all its attempts and a
-- new term. Returns what came of it: pending; not_failed; secrets_gone (a deferred answer whose
-- interaction has been forgotten cannot be given any more). Null: there is no such row.
create function public.retry_command(p_id uuid) returns text
language plpgsql security invoker set search_path = '' as $$
declare
  row public.command_queue;
begin
  select * into row from public.command_queue as q where q.id = p_id for update;
  if not found then
    return null;
  elsif row.status <> 'failed' then
    return 'not_failed';
  elsif row.command = 'answer' then
    return 'secrets_gone';
  end if;
  if row.order_key is not null then
    perform pg_advisory_xact_lock(hashtextextended('command_queue ' || row.order_key, 0));
  end if;
  update public.command_queue as q
    set status = 'pending',
        seq = nextval('public.command_queue_seq_seq'),
        attempts = 0,
        run_at = now(),
        expires_at = now() + make_interval(secs => k.expires_after_seconds),
        progress = null
    from (select row.command) as wanted
    left join public.command_kinds as k on k.command = wanted.command
    where q.id = p_id;
  return 'pending';
end $$;

-- Ends a row that has not ended, as somebody's wish; whoever works on it loses its lease. Returns
-- failed, or not_open. Null: there is no such row.
create function public.cancel_command(p_id uuid) returns text
language plpgsql security invoker set search_path = '' as $$
begin
  update public.command_queue
    set status = 'failed', failure_reason = 'cancelled', last_error = 'It was cancelled.'
    where id = p_id and status in ('pending', 'processing');
  if found then
    return 'failed';
  end if;
  return (select 'not_open' from public.command_queue where id = p_id);
end $$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('claim_commands', 'fail_lost_commands',
                          'complete_command', 'release_command', 'retry_command',
                          'cancel_command')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
