-- What the harness adds to its own database: a kind of command, and tables that tell what came of
-- it. They lie in a schema that the API does not serve.

create schema chaos;
grant usage on schema chaos to service_role;

-- The rows that the harness put into the queue.
create view chaos.commands as select * from public.command_queue where command = 'chaos';

-- One row for each time a handler was entered.
create table chaos.runs (
  number bigint generated always as identity primary key,
  command_id uuid not null,
  attempt integer not null,
  order_key text,
  position integer,
  at timestamptz not null default clock_timestamp()
);
create index on chaos.runs (command_id);

-- What a handler is for: it is there once, however often the handler ran.
create table chaos.effects (
  number bigint generated always as identity unique,
  command_id uuid primary key,
  order_key text,
  position integer,
  at timestamptz not null default clock_timestamp()
);

-- Every time a row of the queue ended, or was begun again after it had.
create table chaos.ends (
  command_id uuid not null,
  status_before text not null,
  status_after text not null,
  at timestamptz not null default clock_timestamp()
);
create index on chaos.ends (command_id);

create function chaos.note_end() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into chaos.ends (command_id, status_before, status_after)
    values (new.id, old.status, new.status);
  return null;
end $$;
create trigger chaos_note_end after update of status on public.command_queue
  for each row when (old.status <> new.status and (
    new.status in ('completed', 'failed') or old.status in ('completed', 'failed')))
  execute function chaos.note_end();

insert into public.command_kinds (command, handled_by) values ('chaos', 'functions');

-- The simulator's people are few, and ask again at once.
create function chaos.cool_down_at_once() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.until := now();
  return new;
end $$;
create trigger chaos_cool_down_at_once before insert or update on public.cooldowns
  for each row execute function chaos.cool_down_at_once();

-- Keeps one of the API's connections busy.
create function public.chaos_hold(p_seconds double precision) returns void
language sql volatile set search_path = '' as $$ select pg_catalog.pg_sleep(p_seconds) $$;
revoke execute on function public.chaos_hold(double precision) from public, anon, authenticated;
grant execute on function public.chaos_hold(double precision) to service_role;
notify pgrst, 'reload schema';
