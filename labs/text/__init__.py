"""Code that the labs on text share: training a model, saving it, looking inside it."""
