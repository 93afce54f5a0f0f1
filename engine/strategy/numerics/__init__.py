"""What strategies compute with: line searches, differences, averages, orthogonal matrices, distributions."""
