"""The engine: judges a submission's tensors fairly and safely. It knows nothing of RNNs."""
