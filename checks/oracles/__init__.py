"""What exercises should compute, written once more in numpy, independent of the reference."""
