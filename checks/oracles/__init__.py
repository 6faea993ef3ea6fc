"""What exercises should compute, written again in numpy, independent of the reference."""
