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

-- A point in time that somebody wrote into a payload; null if it is none that a handler could read:
-- those of an infinite or very distant time have no date in most languages.
create function public.moment_of(p_text text) returns timestamptz
language plpgsql stable set search_path = '' as $$
declare
  moment timestamptz;
begin
  moment := p_text;
  return case when moment between '0002-01-01 00:00+00' and '9998-12-31 00:00+00'
              then moment end;
exception when others then
  return null;
end $$;
revoke execute on function public.moment_of(text) from public, anon, authenticated;

-- A row with such a time is due now and has no term of its own, whoever wrote it: one row that
-- cannot be read must not cost its neighbours their turn. Its name puts it before the others.
create function public.command_queue_adjust() returns trigger
language plpgsql set search_path = '' as $$
declare
  earliest constant timestamptz := '0002-01-01 00:00+00';
  latest constant timestamptz := '9998-12-31 00:00+00';
begin
  new.run_at := case when new.run_at between earliest and latest then new.run_at else now() end;
  new.expires_at := case when new.expires_at between earliest and latest then new.expires_at end;
  new.created_at :=
    case when new.created_at between earliest and latest then new.created_at else now() end;
  return new;
end $$;
revoke execute on function public.command_queue_adjust() from public, anon, authenticated;
create trigger command_queue_adjust
  before insert or update of run_at, expires_at, created_at on public.command_queue
  for each row
  when (new.run_at not between '0002-01-01 00:00+00' and '9998-12-31 00:00+00'
        or new.expires_at not between '0002-01-01 00:00+00' and '9998-12-31 00:00+00'
        or new.created_at not between '0002-01-01 00:00+00' and '9998-12-31 00:00+00')
  execute function public.command_queue_adjust();
update public.command_queue set created_at = created_at, run_at = run_at, expires_at = expires_at
  where status in ('pending', 'processing')
    and (run_at not between '0002-01-01 00:00+00' and '9998-12-31 00:00+00'
         or expires_at not between '0002-01-01 00:00+00' and '9998-12-31 00:00+00'
         or created_at not between '0002-01-01 00:00+00' and '9998-12-31 00:00+00');

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

-- A row follows its kind: one whose kind is taken out is nobody's, and fails as such when met.
create function public.command_kinds_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  update public.command_queue as q
    set handled_by = (select k.handled_by from public.command_kinds as k
                      where k.command = q.command)
    where q.status in ('pending', 'processing')
      and q.command in (case when tg_op <> 'INSERT' then old.command end,
                        case when tg_op <> 'DELETE' then new.command end);
  return null;
end $$;
revoke execute on function public.command_kinds_change() from public, anon, authenticated;
create trigger command_kinds_change
  after insert or delete or update of command, handled_by on public.command_kinds
  for each row execute function public.command_kinds_change();

-- Writes lines into bot_logs: [{"level", "message", "created_at"}, ...]. An owner's table may
-- refuse a line; that costs the line, and nothing that it tells of.
create function public.write_log(p_lines jsonb) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  line jsonb;
begin
  for line in select * from jsonb_array_elements(
      case jsonb_typeof(p_lines) when 'array' then p_lines else '[]' end)
  loop
    begin
      insert into public.bot_logs (level, message, created_at)
        values (line ->> 'level', line ->> 'message',
                coalesce(public.moment_of(line ->> 'created_at'), now()));
    exception when others then
      raise warning 'bot_logs refuses a line: %', sqlerrm;
    end;
  end loop;
end $$;
create function public.write_log(p_level text, p_message text) returns void
language sql security invoker set search_path = '' as $$
  select public.write_log(jsonb_build_array(
    jsonb_build_object('level', p_level, 'message', p_message)))
$$;

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
-- Who changes several rows takes them in one order: the ticks by name, then the work by name.
create table public.schedules (
  name text primary key,
  every_seconds integer not null check (every_seconds > 0),
  last_run_at timestamptz,
  since timestamptz not null default now(),
  declared_at timestamptz not null default now(),
  is_tick boolean not null default false
);
insert into public.schedules (name, every_seconds, is_tick)
  values ('cron_stats', 86400, true), ('cron_queue', 86400, true);  -- as vercel.json has them

-- Says how often the ticks come now, and has the watch begin anew.
create function public.set_tick_intervals(p_stats_seconds integer, p_queue_seconds integer)
returns void
language plpgsql security invoker set search_path = '' as $$
begin
  perform from public.schedules where name <> 'watch' order by not is_tick, name for update;
  update public.schedules set since = now() where name <> 'watch';
  insert into public.schedules as s (name, every_seconds, is_tick)
    values ('cron_queue', p_queue_seconds, true), ('cron_stats', p_stats_seconds, true)
    on conflict (name) do update set every_seconds = excluded.every_seconds;
end $$;

-- Notes that a tick has come. One that comes late is told in the log; what would have run meanwhile
-- is given its time anew, since nobody was there to enqueue it.
create function public.note_tick(p_name text) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  late_seconds numeric := (
    select round(extract(epoch from now() - greatest(s.last_run_at, s.since)))
      from public.schedules as s
      where s.name = p_name
        and greatest(s.last_run_at, s.since) < now() - make_interval(secs => 2 * s.every_seconds));
begin
  if late_seconds is not null then
    perform public.write_log('warning',
      format('tick_was_late  name=%s seconds=%s', p_name, late_seconds));
    perform from public.schedules where name <> 'watch' order by not is_tick, name for update;
    update public.schedules set since = now()
      where name not in (p_name, 'watch') and every_seconds < late_seconds;
  end if;
  update public.schedules set last_run_at = now() where name = p_name;
end $$;

-- How long a declaration of work holds: a tick and a half, and longer than the hour after which it
-- is written down anew.
create function public.declaration_holds() returns interval
language sql stable security invoker set search_path = '' as $$
  select greatest(interval '70 minutes', make_interval(secs => 1.5 * max(s.every_seconds)))
    from public.schedules as s where s.name = 'cron_queue'
$$;

-- Enqueues what is due: p_slots is [{"name", "key", "run_at", "expires_at"}, ...]. A slot that is
-- there already, in whatever state, is left as it is. p_declared, [{"name", "every_seconds"}, ...],
-- is all scheduled work that whoever ticks knows; what nobody declared for three days is forgotten
-- (two versions may tick side by side). Returns how many rows are new.
create function public.enqueue_slots(p_slots jsonb, p_declared jsonb) returns integer
language plpgsql security invoker set search_path = '' as $$
declare
  added integer;
begin
  if jsonb_typeof(p_declared) = 'array' then
    -- Once an hour is often enough to say that it is still so.
    insert into public.schedules as known (name, every_seconds)
      select d.name, d.every_seconds
        from jsonb_to_recordset(p_declared) as d (name text, every_seconds integer)
        where not exists (select from public.schedules as s
                          where s.name = d.name and s.every_seconds = d.every_seconds
                            and s.declared_at > now() - interval '1 hour')
        order by d.name
      on conflict (name) do update
        set every_seconds = excluded.every_seconds,
            declared_at = now(),
            since = case when known.every_seconds = excluded.every_seconds
                              and known.declared_at > now() - public.declaration_holds()
                         then known.since else now() end;
    delete from public.schedules as s
      where not s.is_tick and s.declared_at < now() - interval '3 days';
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
        and p.proname in ('enqueue_slots', 'note_tick', 'set_tick_intervals', 'moment_of',
                          'write_log', 'declaration_holds')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
