"""The inputs that checks draw, one module per exercise."""
