"""Proof under fault: the real queue on a real database, while things are killed around it."""
