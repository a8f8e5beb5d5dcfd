-- What the queue learned: who handles a row is known from its first moment, orders expire, work is
-- scheduled by slots, whoever waits for rows is woken, and a claim costs the same however many
-- rows have ended or wait.

alter table public.command_kinds
  add column expires_after_seconds integer check (expires_after_seconds > 0);
comment on column public.command_kinds.expires_after_seconds is
  'How long an order of this kind is good for, unless it says so itself; null: it does not expire.';

alter table public.command_queue
  add column if not exists handled_by text,
  add column if not exists guild_id text;

update public.command_queue as q set handled_by = k.handled_by
  from public.command_kinds as k
  where k.command = q.command and q.status in ('pending', 'processing');
update public.command_queue as q set guild_id = q.payload ->> 'guild_id'
  where q.payload ->> 'guild_id' ~ '^[0-9]{1,20}$';

update public.command_queue set run_at = created_at
  where status = 'pending' and created_at < run_at and run_at <= now();

-- Each is empty but for the rows that it is about, and read from its lower end.
drop index public.command_queue_open;
create index command_queue_due on public.command_queue (handled_by, run_at, seq)
  where status = 'pending';
create index command_queue_leases on public.command_queue (locked_until)
  where status = 'processing';
create index command_queue_expiring on public.command_queue (expires_at)
  where status in ('pending', 'processing') and expires_at is not null;
create index command_queue_unknown on public.command_queue (seq)
  where status = 'pending' and handled_by is null;

-- A point in time that somebody wrote into a payload; null if it is none.
create function public.moment_of(p_text text) returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
  return p_text::timestamptz;
exception when others then
  return null;
end $$;
revoke execute on function public.moment_of(text) from public, anon, authenticated;

-- Completes a new row from its kind and its payload, whatever shape that has: an insert of a
-- command and a payload always succeeds.
create function public.command_queue_admit() returns trigger
language plpgsql set search_path = '' as $$
declare
  kind public.command_kinds;
  wishes jsonb := case when jsonb_typeof(new.payload::jsonb) = 'object'
                       then new.payload::jsonb else '{}' end;
begin
  select * into kind from public.command_kinds as k where k.command = new.command;
  new.handled_by := kind.handled_by;
  if new.guild_id is null and wishes ->> 'guild_id' ~ '^[0-9]{1,20}$' then
    new.guild_id := wishes ->> 'guild_id';
  end if;
  if new.run_at <= now() and new.created_at < new.run_at then
    new.run_at := new.created_at;  -- the oldest come first, whoever says how old a row is
  end if;
  if new.expires_at is null and wishes ? 'expires_at' then
    new.expires_at := public.moment_of(wishes ->> 'expires_at');
  end if;
  if new.expires_at is null and kind.expires_after_seconds is not null then
    new.expires_at :=
      greatest(new.run_at, now()) + make_interval(secs => kind.expires_after_seconds);
  end if;
  if new.status = 'pending' and octet_length(new.payload::text) > 262144 then
    new.status := 'failed';
    new.last_error := 'The payload is larger than 256 kB.';
  end if;
  return new;
end $$;
revoke execute on function public.command_queue_admit() from public, anon, authenticated;
create trigger command_queue_admit before insert on public.command_queue
  for each row execute function public.command_queue_admit();

-- As in 0003; and a status that is none of the four is refused, in words.
create or replace function public.command_queue_lease() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.status is null or new.status not in ('pending', 'processing', 'completed', 'failed') then
    raise exception using errcode = 'check_violation',
      message = format('a command cannot be %L', coalesce(new.status, 'null')),
      hint = 'The status is one of pending, processing, completed and failed.';
  end if;
  if new.status = 'processing' then
    if new.lease_id is null or (tg_op = 'UPDATE' and old.status <> 'processing'
                                and new.lease_id is not distinct from old.lease_id) then
      new.lease_id := gen_random_uuid();
      new.locked_until := now() + interval '5 minutes';
      new.locked_by := coalesce(new.locked_by, 'by hand');
      new.attempts := new.attempts + 1;
      new.started_at := now();
    end if;
  else
    new.lease_id := null;
    new.locked_until := null;
    new.locked_by := null;
    new.finished_at := case when new.status <> 'pending' then coalesce(new.finished_at, now()) end;
    new.failure_reason :=
      case when new.status = 'failed' then coalesce(new.failure_reason, 'error') end;
  end if;
  return new;
end $$;

-- The token goes when the row ends; most rows never had one.
drop trigger command_queue_forget on public.command_queue;
create trigger command_queue_forget after update of status on public.command_queue
  for each row when (new.status in ('completed', 'failed') and old.status <> new.status)
  execute function public.command_queue_forget();

-- Wakes whoever handles new rows. sql/schedules.sql replaces this by one that reaches functions
-- which do not listen.
create function public.wake_handlers(p_handled_by text) returns void
language sql security invoker set search_path = '' as $$
  select pg_notify('halley_' || p_handled_by, '')
$$;
revoke execute on function public.wake_handlers(text) from public, anon, authenticated;
grant execute on function public.wake_handlers(text) to service_role;

create function public.command_queue_added() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform public.wake_handlers(waiting.handled_by)
    from (select distinct handled_by from added
            where status = 'pending' and run_at <= now() and handled_by is not null) as waiting;
  return null;
end $$;
revoke execute on function public.command_queue_added() from public, anon, authenticated;
create trigger command_queue_added after insert on public.command_queue
  referencing new table as added for each statement execute function public.command_queue_added();

create function public.command_queue_returned() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform public.wake_handlers(new.handled_by);
  return null;
end $$;
revoke execute on function public.command_queue_returned() from public, anon, authenticated;
create trigger command_queue_returned after update of status on public.command_queue
  for each row when (new.status = 'pending' and old.status <> 'pending'
                     and new.run_at <= now() and new.handled_by is not null)
  execute function public.command_queue_returned();

-- What runs at times: the ticks that call the functions, and the work that they enqueue. The watch
-- holds `last_run_at` against `every_seconds`; it counts from `since`, when the times last changed.
create table public.schedules (
  name text primary key,
  every_seconds integer not null check (every_seconds > 0),
  last_run_at timestamptz,
  since timestamptz not null default now(),
  is_tick boolean not null default false
);
insert into public.schedules (name, every_seconds, is_tick)
  values ('cron_stats', 86400, true), ('cron_queue', 86400, true);  -- as vercel.json has them

-- Says how often the ticks come now, and has the watch begin anew.
create function public.set_tick_intervals(p_stats_seconds integer, p_queue_seconds integer)
returns void
language sql security invoker set search_path = '' as $$
  update public.schedules set since = now() where true;
  insert into public.schedules as s (name, every_seconds, is_tick)
    values ('cron_stats', p_stats_seconds, true), ('cron_queue', p_queue_seconds, true)
    on conflict (name) do update set every_seconds = excluded.every_seconds;
$$;

-- Enqueues what is due: p_slots is [{"name", "key", "run_at", "expires_at"}, ...]. A slot that is
-- there already, in whatever state, is left as it is. p_declared, [{"name", "every_seconds"}, ...],
-- is all scheduled work there is; what is not in it any more is forgotten. Returns how many rows
-- are new.
create function public.enqueue_slots(p_slots jsonb, p_declared jsonb) returns integer
language plpgsql security invoker set search_path = '' as $$
declare
  added integer;
begin
  if jsonb_typeof(p_declared) = 'array' then
    insert into public.schedules as known (name, every_seconds)
      select d.name, d.every_seconds
        from jsonb_to_recordset(p_declared) as d (name text, every_seconds integer)
        where not exists (select from public.schedules as s
                          where s.name = d.name and s.every_seconds = d.every_seconds)
      on conflict (name) do update set every_seconds = excluded.every_seconds, since = now();
    delete from public.schedules as s
      where not s.is_tick
        and s.name not in (select d ->> 'name' from jsonb_array_elements(p_declared) as d);
  end if;
  if jsonb_typeof(p_slots) is distinct from 'array' then
    return 0;
  end if;
  insert into public.command_queue (command, payload, slot_key, run_at, expires_at)
    select slot.name, '{}', slot.key, slot.run_at, slot.expires_at
      from jsonb_to_recordset(p_slots) as slot
        (name text, key text, run_at timestamptz, expires_at timestamptz)
      where not exists (select from public.command_queue as q where q.slot_key = slot.key)
      order by slot.run_at
    on conflict (slot_key) do nothing;
  get diagnostics added = row_count;
  return added;
end $$;

-- Takes up to p_limit free rows of the given kinds under a lease: first those whose lease has run
-- out, then those that are due, the longest due first. Of the rows that share an order_key only
-- the first that has not ended can be taken. An answer can be sent only by the application that
-- was asked: two bots, or one and somebody's local copy, may share a database.
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
begin
  perform public.fail_lost_commands();
  return query
    with lapsed as materialized (
      select q.id
        from public.command_queue as q
        where q.status = 'processing'
          and q.locked_until <= now()
          and q.command = any (p_kinds)
          and q.attempts < q.max_attempts
          and (q.expires_at is null or q.expires_at > now())
          and (p_application_id is null
               or coalesce(q.payload ->> 'application_id', p_application_id) = p_application_id)
        order by q.locked_until
        limit p_limit
        for update skip locked
    ), due as materialized (
      select q.id
        from public.command_queue as q
        where q.status = 'pending'
          and q.handled_by = caller
          and q.run_at <= now()
          and q.command = any (p_kinds)
          and (q.expires_at is null or q.expires_at > now())
          and (p_application_id is null
               or coalesce(q.payload ->> 'application_id', p_application_id) = p_application_id)
          and (q.order_key is null or not exists (
            select from public.command_queue as earlier
              where earlier.order_key = q.order_key and earlier.seq < q.seq
                and earlier.status in ('pending', 'processing')))
        order by q.run_at, q.seq
        limit p_limit - (select count(*) from lapsed)
        for update skip locked
    ), claimed as (
      update public.command_queue as q
        set status = 'processing',
            attempts = q.attempts + 1,
            lease_id = gen_random_uuid(),
            locked_until = now() + make_interval(secs => p_lease_seconds),
            locked_by = p_holder,
            started_at = now()
        where q.id = any (array(select lapsed.id from lapsed union all select due.id from due))
        returning q.*
    )
    select c.id, c.command, c.payload::jsonb, c.attempts, c.lease_id, c.created_at::timestamptz,
           c.expires_at, c.progress, s.token, s.interaction
      from claimed as c
      left join public.command_secrets as s on s.command_id = c.id
      order by c.run_at, c.seq;
end $$;

-- Ends the free rows that nobody can or may run any more, and says why; part of every claim. Among
-- them is what an older bot left at processing before there were leases: an order of long ago must
-- not be carried out now.
create or replace function public.fail_lost_commands() returns integer
language plpgsql security invoker set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  ended integer;
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
    select q.id from public.command_queue as q
      where q.status = 'processing' and q.locked_until <= now() and q.attempts >= q.max_attempts
      order by q.locked_until limit 100 for update skip locked
  ), unknown as materialized (
    select q.id from public.command_queue as q
      where q.status = 'pending' and q.handled_by is null
      order by q.seq limit 100 for update skip locked
  ), lost as (
    select distinct on (each.id) each.id, each.reason
      from (select expired.id, 'expired' as reason, 1 as rank from expired
            union all select abandoned.id, 'expired', 1 from abandoned
            union all select worn_out.id, 'attempts', 2 from worn_out
            union all select unknown.id, 'unknown_command', 3 from unknown) as each
      order by each.id, each.rank
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
  alter table public.schedules enable row level security;
  revoke all on table public.schedules from anon, authenticated;
  grant select, insert, update, delete on table public.schedules to service_role;
  grant select on table public.schedules to authenticated;
  create policy halley_admins_read on public.schedules for select to authenticated
    using ((select public.is_admin()));
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('claim_commands', 'fail_lost_commands', 'complete_command',
                          'retry_command', 'cancel_command', 'enqueue_slots',
                          'set_tick_intervals', 'moment_of')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
