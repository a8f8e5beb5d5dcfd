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
