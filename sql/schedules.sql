-- Wake-ups and ticks on hosted Supabase: the database calls the functions.
--
-- 1. Run this file in the SQL editor of the project, once (again does no harm).
-- 2. Then run, with the address of the deployed functions and the value of CRON_SECRET:
--        select * from halley_schedules_up('https://<project>.vercel.app', '<CRON_SECRET>');
--    To take it down again:  select * from halley_schedules_down();
-- `python3 dev schedules up --url https://<project>.vercel.app` does both.
--
-- Every minute /api/cron_queue is called, every five minutes /api/cron_stats, and /api/cron_queue at
-- once when a row is inserted that the functions handle. It takes the extensions pg_cron, pg_net and
-- Vault, which are enabled where the server has them. Where it has not, rows are announced by NOTIFY
-- alone, as before, and a notice says so.
--
-- The address and the token lie in Vault and are read at each call; no job, log or error has them.
-- pg_net keeps a request, its headers with the token among them, in net.http_request_queue until it is
-- sent. That table is every database role's to read: pg_net grants it to PUBLIC, the owner of the grant
-- is supabase_admin, and so a revoke from here changes nothing (elsewhere it could stop pg_net's worker,
-- which lives by the same grant). The Data API does not expose the schema `net`; who must not see the
-- token must not have a login of their own to this database.
-- https://supabase.com/docs/guides/troubleshooting/revoking-access-to-pg_net-objects-has-no-effect-0bbc16
-- An answer stays in net._http_response until pg_net.ttl is over, six hours by default: neither grows
-- without bound. The runs of pg_cron are what nobody deletes, so a job of ours deletes its own of more
-- than a week ago.

-- Calls a function of the deployment, soon after the transaction is committed. Never raises: what
-- called it must not fail because nobody hears. Returns whether the call is on its way.
create or replace function public.halley_call(p_path text) returns boolean
language plpgsql security invoker set search_path = '' as $$
declare
  address text;
  token text;
begin
  select s.decrypted_secret into address from vault.decrypted_secrets as s
    where s.name = 'halley_functions_url';
  select s.decrypted_secret into token from vault.decrypted_secrets as s
    where s.name = 'halley_cron_secret';
  if address is null or token is null then
    return false;
  end if;
  perform net.http_post(
    url := address || p_path,
    body := '{}'::jsonb,
    headers := jsonb_build_object(
      'Content-Type', 'application/json', 'Authorization', 'Bearer ' || token),
    timeout_milliseconds := 60000);
  return true;
exception when others then
  return false;  -- whatever is missing or wrong; the next tick is the net under it
end $$;
revoke execute on function public.halley_call(text) from public, anon, authenticated, service_role;

-- Makes wake_handlers what the migrations made it, or has it call the functions as well.
create or replace function public.halley_wake_by(p_calls boolean) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  if p_calls then
    create or replace function public.wake_handlers(p_handled_by text) returns void
    language plpgsql security invoker set search_path = '' as $body$
    begin
      perform pg_notify('halley_' || p_handled_by, '');
      -- Once a transaction, however many rows it brings.
      if p_handled_by = 'functions'
          and current_setting('halley.has_called', true) is distinct from 'yes' then
        begin
          perform public.halley_call('/api/cron_queue');
          perform set_config('halley.has_called', 'yes', true);
        exception when insufficient_privilege or undefined_function then
          null;  -- called by hand in another role than the owner, in whose name the triggers do
        end;
      end if;
    end $body$;
  else
    create or replace function public.wake_handlers(p_handled_by text) returns void
    language sql security invoker set search_path = '' as $body$
      select pg_notify('halley_' || p_handled_by, '')
    $body$;
  end if;
end $$;
revoke execute on function public.halley_wake_by(boolean)
  from public, anon, authenticated, service_role;

-- Puts a value into Vault, whether it is there already or not.
create or replace function public.halley_keep_secret(p_name text, p_value text) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  known uuid;
begin
  select s.id into known from vault.decrypted_secrets as s where s.name = p_name;
  if known is null then
    perform vault.create_secret(p_value, p_name, 'Halley: how the database calls the functions.');
  else
    perform vault.update_secret(known, p_value);
  end if;
end $$;
revoke execute on function public.halley_keep_secret(text, text)
  from public, anon, authenticated, service_role;

-- Which of the three extensions the server lacks; those it has are enabled.
create or replace function public.halley_missing_extensions() returns text[]
language plpgsql security invoker set search_path = '' as $$
declare
  wanted record;
  missing text[] := '{}';
begin
  for wanted in
    select * from (values
      ('pg_cron', 'cron.job', 'create extension if not exists pg_cron with schema pg_catalog'),
      ('pg_net', 'net.http_request_queue',
       'create extension if not exists pg_net with schema extensions'),
      ('supabase_vault', 'vault.decrypted_secrets',
       'create extension if not exists supabase_vault cascade')
    ) as listed (name, sign, enable)
  loop
    if to_regclass(wanted.sign) is null
        and exists (select from pg_catalog.pg_available_extensions as e
                    where e.name = wanted.name) then
      begin
        execute wanted.enable;
      exception when others then
        raise notice '% could not be enabled: %', wanted.name, sqlerrm;
      end;
    end if;
    if to_regclass(wanted.sign) is null then
      missing := missing || wanted.name;
    end if;
  end loop;
  return missing;
end $$;
revoke execute on function public.halley_missing_extensions()
  from public, anon, authenticated, service_role;

-- Sets everything up, or brings it up to date. `is_up` false: nothing was changed, and `said` tells
-- why. It raises nothing for a wrong value, since the server logs a statement that fails, and this
-- one has the token in it.
create or replace function public.halley_schedules_up(
  p_url text, p_token text, out is_up boolean, out said text
)
language plpgsql security invoker set search_path = '' as $$
declare
  missing text[];
  address text := rtrim(btrim(coalesce(p_url, '')), '/');
begin
  is_up := false;
  if address !~ '^https://[A-Za-z0-9.-]+(:[0-9]+)?$' then
    said := 'The address is that of the deployment, without a path: https://<project>.vercel.app';
    return;
  elsif coalesce(p_token, '') !~ '^[!-~]{8,}$' then
    said := 'The token is the value of CRON_SECRET: 8 characters or more, without spaces.';
    return;
  end if;
  missing := public.halley_missing_extensions();
  if missing <> '{}' then
    said := format('This server has no %s: rows are announced by NOTIFY alone.',
                   array_to_string(missing, ', '));
    raise notice '%', said;
    return;
  end if;
  perform public.halley_keep_secret('halley_functions_url', address);
  perform public.halley_keep_secret('halley_cron_secret', p_token);
  perform cron.schedule('halley_queue', '* * * * *',
    $job$select public.halley_call('/api/cron_queue')$job$);
  perform cron.schedule('halley_stats', '*/5 * * * *',
    $job$select public.halley_call('/api/cron_stats')$job$);
  perform cron.schedule('halley_tidy', '41 3 * * *',
    $job$delete from cron.job_run_details as d using cron.job as j
      where j.jobid = d.jobid and j.jobname like 'halley\_%'
        and d.end_time < now() - interval '7 days'$job$);
  perform public.halley_wake_by(true);
  perform public.set_tick_intervals(300, 60);
  is_up := true;
  said := 'The functions are called every minute and at each new order; snapshots every 5 minutes.';
exception when others then
  said := format('Nothing was changed: %s', sqlerrm);
end $$;

-- Takes everything down again; the daily ticks of vercel.json stay.
create or replace function public.halley_schedules_down(out is_up boolean, out said text)
language plpgsql security invoker set search_path = '' as $$
declare
  job record;
begin
  is_up := false;
  perform public.halley_wake_by(false);
  perform public.set_tick_intervals(86400, 86400);
  if to_regclass('cron.job') is not null then
    for job in
      select j.jobname from cron.job as j
        where j.jobname in ('halley_queue', 'halley_stats', 'halley_tidy')
    loop
      perform cron.unschedule(job.jobname);
    end loop;
  end if;
  if to_regclass('vault.secrets') is not null then
    delete from vault.secrets where name in ('halley_functions_url', 'halley_cron_secret');
  end if;
  said := 'The database calls nobody any more; what remains are the daily ticks of vercel.json.';
end $$;

-- What is set up, without a secret in it: a row for each part.
create or replace function public.halley_schedules_status(out part text, out state text)
returns setof record
language plpgsql security invoker set search_path = '' as $$
begin
  if to_regclass('cron.job') is null or to_regclass('vault.decrypted_secrets') is null then
    return query values ('calls', 'none: this server has no pg_cron or no Vault');
  else
    return query select 'address', s.decrypted_secret from vault.decrypted_secrets as s
      where s.name = 'halley_functions_url';
    return query select 'token', 'in Vault' from vault.decrypted_secrets as s
      where s.name = 'halley_cron_secret';
    return query select j.jobname::text,
        j.schedule || case when j.active then '' else ' (switched off)' end
      from cron.job as j where j.jobname like 'halley\_%' order by j.jobname;
  end if;
  return query select 'tick ' || s.name,
      format('every %s s, last %s', s.every_seconds,
             coalesce(to_char(s.last_run_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
                      'never'))
    from public.schedules as s where s.name in ('cron_stats', 'cron_queue') order by s.name;
end $$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('halley_schedules_up', 'halley_schedules_down',
                          'halley_schedules_status')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated, service_role',
                   signature);
  end loop;
end $$;
