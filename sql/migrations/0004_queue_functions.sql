-- The queue's verbs, for the service alone. Each is one transaction; times are the database's own.
--
-- A row is free when it is pending and due, or when its lease has run out. Columns of tables that
-- older guides made may be timestamps without a zone, hence the casts.

-- Starts a command that Discord has just sent: the row is processing from its first moment, under
-- a lease, with its token beside it. Whoever names the lease can end the row even if the answer of
-- this call is lost. Returns {"lease_id": ..., "retry_after_seconds": ...}; without
-- a lease the user's cool-down still runs, and nothing was written.
create function public.begin_command(
  p_id uuid,
  p_command text,
  p_payload jsonb,
  p_token text,
  p_interaction jsonb,
  p_lease_seconds integer,
  p_expires_at timestamptz,
  p_user_id text default null,
  p_cooldown_key text default null,
  p_cooldown_seconds numeric default 0,
  p_lease_id uuid default gen_random_uuid()
) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  waits_until timestamptz;
begin
  if p_user_id is not null and p_cooldown_key is not null and p_cooldown_seconds > 0 then
    insert into public.cooldowns as running (user_id, command, until)
      values (p_user_id, p_cooldown_key, now() + make_interval(secs => p_cooldown_seconds::float8))
      on conflict (user_id, command) do update set until = excluded.until
        where running.until <= now();
    if not found then
      select until into waits_until from public.cooldowns
        where user_id = p_user_id and command = p_cooldown_key;
      return jsonb_build_object('lease_id', null, 'retry_after_seconds',
        round(greatest(extract(epoch from waits_until - now()), 0.001), 3));
    end if;
  end if;
  insert into public.command_queue
      (id, command, payload, status, attempts, expires_at,
       lease_id, locked_until, locked_by, started_at)
    values (p_id, p_command, p_payload, 'processing', 1, p_expires_at,
       p_lease_id, now() + make_interval(secs => p_lease_seconds), 'invocation', now());
  if p_token is not null or p_interaction is not null then
    insert into public.command_secrets (command_id, token, interaction)
      values (p_id, p_token, p_interaction);
  end if;
  return jsonb_build_object('lease_id', p_lease_id, 'retry_after_seconds', 0);
end $$;

-- Takes up to p_limit free rows of the given kinds under a lease, oldest first. Of the rows that
-- share an order_key only the first that has not ended can be taken. An answer can be sent only by
-- the application that was asked: two bots, or one and somebody's local copy, may share a database.
create function public.claim_commands(
  p_kinds text[],
  p_limit integer default 10,
  p_lease_seconds integer default 60,
  p_holder text default null,
  p_application_id text default null
) returns table (
  id uuid, command text, payload jsonb, attempts integer, lease_id uuid,
  created_at timestamptz, expires_at timestamptz, progress jsonb, token text, interaction jsonb
)
language plpgsql security invoker set search_path = '' as $$
#variable_conflict use_column
begin
  perform public.fail_lost_commands();
  return query
    with free as materialized (
      select q.id
        from public.command_queue as q
        where q.status in ('pending', 'processing')
          and q.command = any (p_kinds)
          and (p_application_id is null
               or coalesce(q.payload ->> 'application_id', p_application_id) = p_application_id)
          and case q.status when 'pending' then q.run_at else q.locked_until end <= now()
          and q.attempts < q.max_attempts
          and (q.expires_at is null or q.expires_at > now())
          and (q.order_key is null or not exists (
            select from public.command_queue as earlier
              where earlier.order_key = q.order_key and earlier.seq < q.seq
                and earlier.status in ('pending', 'processing')))
        order by q.created_at, q.seq
        limit p_limit
        for update skip locked
    ), claimed as (
      update public.command_queue as q
        set status = 'processing',
            attempts = q.attempts + 1,
            lease_id = gen_random_uuid(),
            locked_until = now() + make_interval(secs => p_lease_seconds),
            locked_by = p_holder,
            started_at = now()
        from free
        where q.id = free.id
        returning q.*
    )
    select c.id, c.command, c.payload::jsonb, c.attempts, c.lease_id, c.created_at::timestamptz,
           c.expires_at, c.progress, s.token, s.interaction
      from claimed as c
      left join public.command_secrets as s on s.command_id = c.id
      order by c.created_at, c.seq;
end $$;

-- Ends the free rows that nobody can or may run any more, and says why; part of every claim. Among
-- them is what an older bot left at processing before there were leases: an order of long ago must
-- not be carried out now.
create function public.fail_lost_commands() returns integer
language plpgsql security invoker set search_path = '' as $$
declare
  ended integer;
begin
  with lost as materialized (
    select q.id,
           case
             when q.expires_at <= now() or abandoned then 'expired'
             when q.attempts >= q.max_attempts then 'attempts'
             else 'unknown_command'
           end as reason
      from public.command_queue as q,
           lateral (select q.status = 'processing' and q.locked_until is null) as old (abandoned)
      where q.status in ('pending', 'processing')
        and (q.status = 'pending' or abandoned or q.locked_until <= now())
        and (q.expires_at <= now()
             or abandoned
             or q.attempts >= q.max_attempts
             or not exists (select from public.command_kinds as k where k.command = q.command))
      order by q.created_at, q.seq
      limit 100
      for update of q skip locked
  )
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
    where q.id = lost.id;
  get diagnostics ended = row_count;
  return ended;
end $$;

-- Ends a row well. False: the lease has gone, and with it the right to end the row.
create function public.complete_command(p_id uuid, p_lease_id uuid) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  update public.command_queue
    set status = 'completed', last_error = null
    where id = p_id and lease_id = p_lease_id and status = 'processing';
  return found;
end $$;

-- Ends an attempt badly. The row waits for another, each time about twice as long (2.5 to 5 s
-- after the first, ten minutes at most), or fails for good. Returns its status now; null: the
-- lease has gone.
create function public.fail_command(
  p_id uuid,
  p_lease_id uuid,
  p_error text,
  p_reason text default 'error',
  p_retry boolean default true
) returns text
language plpgsql security invoker set search_path = '' as $$
declare
  status_now text;
begin
  update public.command_queue as q
    set status = case when p_retry and q.attempts < q.max_attempts then 'pending' else 'failed' end,
        failure_reason = case
          when not p_retry then p_reason
          when q.attempts >= q.max_attempts then 'attempts'
        end,
        run_at = now() + make_interval(secs =>
          least(600, 5 * power(2, least(q.attempts, 20) - 1)) * (0.5 + random() / 2)),
        last_error = left(p_error, 2000)
    where q.id = p_id and q.lease_id = p_lease_id and q.status = 'processing'
    returning q.status into status_now;
  return status_now;
end $$;

-- Gives a row back untouched, for whoever has no time left for it: the attempt does not count.
-- False: the lease has gone.
create function public.release_command(p_id uuid, p_lease_id uuid) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  update public.command_queue
    set status = 'pending', attempts = attempts - 1, run_at = now()
    where id = p_id and lease_id = p_lease_id and status = 'processing';
  return found;
end $$;

-- Keeps a lease alive, and remembers how far the work has come. False: the lease has gone.
create function public.renew_command(
  p_id uuid,
  p_lease_id uuid,
  p_lease_seconds integer default 60,
  p_progress jsonb default null
) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  update public.command_queue
    set locked_until = now() + make_interval(secs => p_lease_seconds),
        progress = coalesce(p_progress, progress)
    where id = p_id and lease_id = p_lease_id and status = 'processing';
  return found;
end $$;

-- Removes what is kept about a Discord user. Returns how many rows went, by table. A command that
-- is being worked on is left to end by itself: its interaction goes with it then.
create function public.delete_user_data(p_user_id text) returns jsonb
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
  delete from public.music_history where requested_by = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('music_history', gone);
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
        and p.proname in ('begin_command', 'claim_commands', 'fail_lost_commands',
                          'complete_command', 'fail_command', 'release_command', 'renew_command',
                          'delete_user_data')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
