"""What came of a scenario: the counts, and whatever should not have happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dev.chaos.database import Database

# Each asks for what must not be, and gives how often it was. The first names are the issue's own.
_FAULTS: Final[Mapping[str, str]] = {
    "lost: no effect": """
        select count(*) from chaos.commands as q
          where not exists (select from chaos.effects as e where e.command_id = q.id)""",
    "stuck: not ended": """
        select count(*) from chaos.commands where status in ('pending', 'processing')""",
    "failed": "select count(*) from chaos.commands where status = 'failed'",
    "doubled: completed more than once, or begun again after that": """
        select count(*) from (
          select command_id from chaos.ends group by command_id
            having count(*) <> 1 or bool_or(status_before in ('completed', 'failed'))) as twice""",
    "doubled: run twice by one claim": """
        select count(*) from (
          select from chaos.runs group by command_id, attempt having count(*) > 1) as twice""",
    "out of bounds: more attempts than allowed": """
        select count(*) from chaos.commands as q
          where q.attempts > q.max_attempts
             or (select count(*) from chaos.runs as r where r.command_id = q.id) > q.attempts""",
    "out of order: begun before the one before had its effect": """
        select count(*) from chaos.runs as r
          where r.position > 0 and not exists (
            select from chaos.effects as e
              where e.order_key = r.order_key and e.position = r.position - 1 and e.at < r.at)""",
    "out of order: effects": """
        select count(*) from (
          select position, lag(position, 1, -1) over (partition by order_key order by number) as was
            from chaos.effects where order_key is not null) as each
          where position <> was + 1""",
    "left behind: a lease": """
        select count(*) from chaos.commands where lease_id is not null""",
}
_COUNTS: Final = """
select (select count(*) from chaos.commands),
       (select count(*) from chaos.effects),
       (select count(*) from chaos.runs),
       (select coalesce(sum(attempts - 1), 0) from chaos.commands),
       (select coalesce(max(attempts), 0) from chaos.commands),
       (select count(*) from chaos.runs as r join chaos.ends as e using (command_id)
          where e.at < r.at)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the tables say. `retries` are all claims after a row's first.

    `late_runs` were begun after their row had ended, by a holder who had lost it and did not know:
    that does no harm only because effects are recorded under the command's id.
    """

    commands: int
    effects: int
    executions: int
    retries: int
    most_attempts: int
    late_runs: int


async def counts(database: Database) -> Counts:
    """How much was done."""
    ((commands, effects, executions, retries, most_attempts, late_runs),) = await database.ask(
        _COUNTS
    )
    return Counts(
        commands=commands,
        effects=effects,
        executions=executions,
        retries=int(retries),
        most_attempts=most_attempts,
        late_runs=late_runs,
    )


async def faults_found(database: Database) -> list[str]:
    """A line for each promise that was broken, with how often."""
    found = {name: await database.number(query) for name, query in _FAULTS.items()}
    return [f"{name} ({count})" for name, count in found.items() if count]
