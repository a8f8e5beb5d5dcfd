
-- The bot of this database begins now. When things ran, who was alive and what was deployed is what
-- the backup knows of another one: taken for its own, every tick would seem to be late.
do $$
begin
  if to_regprocedure('public.set_tick_intervals(integer, integer)') is not null then
    update public.schedules set since = now(), last_run_at = null where true;
  end if;
  if to_regprocedure('public.record_invocation(jsonb)') is not null then
    delete from public.heartbeats where true;
    delete from public.deployments where true;
  end if;
  -- Nor is any worker here to go into a channel and play on: that bot may do so itself.
  if to_regclass('public.music_queue') is not null then
    delete from public.active_sessions where worker_id is not null;
    delete from public.music_queue where true;
  end if;
end $$;
