"""Probes run inside a worker: each drives one module's classes and returns named tensors."""
