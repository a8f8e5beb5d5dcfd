"""The adapters: one module for each outside system, each loading its SDK when first used."""
