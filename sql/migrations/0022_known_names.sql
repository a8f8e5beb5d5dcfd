-- What people are called, for a dashboard that knows their ids: those who asked for music, by the
-- name that stands beside their newest track. Who they are in conversations is told to no dashboard.

create index music_history_by_requester
  on public.music_history (requester_id, created_at desc) where requester_id is not null;

-- {id: name} of those of the ids whose name is known.
create function public.known_names(p_ids text[]) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select coalesce(jsonb_object_agg(asked.id, newest.requested_by), '{}')
    from (select distinct i.id from unnest(p_ids) as i (id)) as asked,
         lateral (
           select h.requested_by from public.music_history as h
             where h.requester_id = asked.id and h.requested_by <> ''
             order by h.created_at desc limit 1) as newest
$$;
revoke execute on function public.known_names(text[]) from public, anon;
grant execute on function public.known_names(text[]) to authenticated, service_role;
