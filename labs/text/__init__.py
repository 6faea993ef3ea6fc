"""What the labs on text share: training a model, keeping it, looking inside it."""
