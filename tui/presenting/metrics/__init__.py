"""The metrics of the drawn runs in words: the rows of their list, and what a chart says that has nothing of one."""
