-- What the queue learned: who handles a row is known from its first moment, orders expire, work is
-- scheduled by slots, and whoever waits for rows is woken.

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
-- As a constraint it had an entry for every row, and nearly all are null.
alter table public.command_queue drop constraint command_queue_slot_key;
create unique index command_queue_slot_key on public.command_queue (slot_key)
  where slot_key is not null;

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
  expires_after_seconds integer;
  wishes jsonb := case when jsonb_typeof(new.payload::jsonb) = 'object'
                       then new.payload::jsonb else '{}' end;
begin
  select k.handled_by, k.expires_after_seconds into new.handled_by, expires_after_seconds
    from public.command_kinds as k where k.command = new.command;
  if new.guild_id is null and wishes ->> 'guild_id' ~ '^[0-9]{1,20}$' then
    new.guild_id := wishes ->> 'guild_id';
  end if;
  if new.run_at <= now() and new.created_at < new.run_at then
    new.run_at := new.created_at;  -- the oldest come first, whoever says how old a row is
  end if;
  if new.expires_at is null and wishes ? 'expires_at' then
    new.expires_at := public.moment_of(wishes ->> 'expires_at');
  end if;
  if new.expires_at is null and expires_after_seconds is not null then
    new.expires_at := greatest(new.run_at, now()) + make_interval(secs => expires_after_seconds);
  end if;
  if new.status = 'pending' and pg_column_size(new.payload) > 65536
      and octet_length(new.payload::text) > 262144 then
    new.status := 'failed';
    new.last_error := 'The payload is larger than 256 kB.';
  end if;
  return new;
end $$;
revoke execute on function public.command_queue_admit() from public, anon, authenticated;
create trigger command_queue_admit before insert on public.command_queue
  for each row execute function public.command_queue_admit();

-- As in 0003; and a status that is none of the four is refused, in words. The token goes here when
-- the row ends.
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
    if new.status <> 'pending' and tg_op = 'UPDATE' then
      delete from public.command_secrets where command_id = new.id;
    end if;
  end if;
  return new;
end $$;
drop trigger command_queue_forget on public.command_queue;
drop function public.command_queue_forget();
-- A plain insert has nothing to be tidied, and a claim brings a lease of its own.
drop trigger command_queue_lease on public.command_queue;
create trigger command_queue_lease_new before insert on public.command_queue
  for each row when (new.status is distinct from 'pending')
  execute function public.command_queue_lease();
create trigger command_queue_lease before update of status on public.command_queue
  for each row when (new.status is distinct from 'processing' or new.lease_id is null
                     or new.lease_id is not distinct from old.lease_id)
  execute function public.command_queue_lease();

-- Wakes whoever handles new rows. sql/schedules.sql replaces this by one that reaches functions
-- which do not listen.
create function public.wake_handlers(p_handled_by text) returns void
language sql security invoker set search_path = '' as $$
  select pg_notify('halley_' || p_handled_by, '')
$$;
revoke execute on function public.wake_handlers(text) from public, anon, authenticated;
grant execute on function public.wake_handlers(text) to service_role;

create function public.command_queue_waits() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform public.wake_handlers(new.handled_by);
  return null;
end $$;
revoke execute on function public.command_queue_waits() from public, anon, authenticated;
create trigger command_queue_added after insert on public.command_queue
  for each row when (new.status = 'pending' and new.run_at <= now() and new.handled_by is not null)
  execute function public.command_queue_waits();
create trigger command_queue_returned after update of status on public.command_queue
  for each row when (new.status = 'pending' and old.status <> 'pending'
                     and new.run_at <= now() and new.handled_by is not null)
  execute function public.command_queue_waits();

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
    on conflict (slot_key) where slot_key is not null do nothing;
  get diagnostics added = row_count;
  return added;
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
        and p.proname in ('enqueue_slots', 'set_tick_intervals', 'moment_of')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
