"""What tests share: doubles, and ways to run the course."""
