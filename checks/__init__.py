"""What the course checks: probes that drive a module, and checks that compare their answers."""
