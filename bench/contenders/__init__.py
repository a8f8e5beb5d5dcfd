"""The bots that are measured: a module each, with an `enter() -> Contender`."""
