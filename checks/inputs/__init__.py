"""The inputs that checks draw, one module an exercise."""
